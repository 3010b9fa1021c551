"""Where a plain comparison of kinds of film turns round among films of a like budget or time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.adjusted import times, told
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.drawing import log_axis
from marquee.insights.industry.films import films
from marquee.insights.multiple import Comparisons, compare
from marquee.insights.paradox import Within, reversals, within_groups
from marquee.insights.sentences import Number, Sentence, count, listed, said

MIN_FILMS = 30
"""Films of a kind that are needed to look for it."""
NAMED = 3
MOST = 60
SHOWN = 16
"""Comparisons in the table: those that turn round, and those that come nearest to it."""

KINDS = {
    "genres": "genre",
    "month": "month",
    "certificate": "certificate",
    "language": "language",
    "series": "series",
}
MEASURES = {
    "revenue_real_usd": "revenue",
    "multiple": "return",
    "popularity": "popularity",
}
GROUPS = {"budget_class": "class of budget", "decade": "decade"}
"""Groups of like films within which kinds are compared."""


class Case(NamedTuple):
    """One kind of film, in one outcome, within one way of grouping."""

    kind: str
    level: str
    measure: str
    group: str
    within: Within


def paradoxes(tables: Tables, _seed: int = 0) -> Finding:
    """Every kind of film against the others, over all and within classes of budget and decades.

    Differences are in the logarithm of the outcome; within groups they are weighted by the kind's
    films. Those that turn round do so beyond chance both ways, corrected for all that was looked
    at.
    """
    own = films(tables).with_columns((pl.col("year") // 10 * 10).cast(pl.String).alias("decade"))
    cases = _cases(own)
    if not cases:
        raise UnanswerableError(
            "no kind of film has enough films of known outcome and of known budget or year to be "
            "compared within like films"
        )
    turned, *both = reversals([case.within for case in cases])
    table = _table(cases, turned)
    return Finding(
        sentences=(_claim(cases, turned, *both), _how(cases, turned)),
        n=own.height,
        counted="films",
        table=table,
        chart=Chart(
            _chart(table),
            said(
                "Two dots for each of {n}: pale for all films together, dark for films of like "
                "budget or time; a line marks no difference, and a paradox has its dots on either "
                "side of it.",
                n=count(table.height, "comparisons"),
            ),
        ),
        caveats=(
            said(
                "Only groups with films of both sides count. Films of like budget are those of "
                "one class of it, so that a part of what the budget brings is left."
            ),
            said(
                "The table shows the comparisons that turn round first, then those that come "
                "nearest to it."
            ),
        ),
        differences=tuple(
            f"{case.level}, {case.measure}, {case.group}"
            for case, turns in zip(cases, turned, strict=True)
            if turns
        ),
        weight=weighed(0.85, bool(turned.any())),
    )


def _cases(own: pl.DataFrame) -> list[Case]:
    cases = []
    for group, group_word in GROUPS.items():
        for measure, measure_word in MEASURES.items():
            known = own.filter(pl.col(measure) > 0).drop_nulls(group)
            if known.height < 2 * MIN_FILMS:
                continue
            for kind in KINDS:
                films_of = told(known, kind)
                values = np.log(films_of[measure].to_numpy())
                groups = (films_of[group].rank("dense") - 1).cast(pl.Int64).to_numpy()
                for level, side in _sides(films_of, kind):
                    within = within_groups(values, side, groups)
                    if within is not None:
                        cases.append(Case(kind, level, measure_word, group_word, within))
    return cases


def _sides(known: pl.DataFrame, kind: str) -> list[tuple[str, NDArray[np.bool_]]]:
    """Each level with enough films on both sides, and which films have it."""
    column = known[kind]
    levels = (column.explode() if column.dtype == pl.List(pl.String) else column).drop_nulls()
    found = []
    for level in levels.unique().sort().to_list():
        has = (
            pl.col(kind).list.contains(level)
            if column.dtype == pl.List(pl.String)
            else pl.col(kind) == level
        )
        side = known.select(has).to_series().to_numpy()
        if min(side.sum(), (~side).sum()) >= MIN_FILMS:
            found.append((str(level), side))
    return found


def _table(cases: list[Case], turned: NDArray[np.bool_]) -> pl.DataFrame:
    rows = []
    for case, turns in zip(cases, turned, strict=True):
        found = case.within
        both = compare(
            [found.over_all, found.within], [found.over_all_error, found.within_error]
        ).adjusted_p
        opposite = np.sign(found.over_all) == -np.sign(found.within)
        rows.append(
            {
                "kind of film": f"{case.level}, {case.measure}",
                "within": case.group,
                "all films": float(np.exp(found.over_all)),
                "like films": float(np.exp(found.within)),
                "groups": found.n_groups,
                "groups that turn": found.n_opposite,
                "paradox": "yes" if turns else "no",
                # Those to opposite sides come first, then those that moved the most.
                "_moved": 0.0 if opposite else -float(found.within / found.over_all),
                "_far": float(both.max()),
            }
        )
    far = ["paradox", "_moved", "_far", "kind of film", "within"]
    table = pl.DataFrame(rows).sort(far, descending=[True, True, False, False, False])
    opposite = table.filter(pl.col("_moved") >= 0)
    shown = opposite if not opposite.is_empty() else table
    return shown.head(max(SHOWN, int(turned.sum()))).head(MOST).drop("_moved", "_far")


def _claim(
    cases: list[Case], turned: NDArray[np.bool_], over_all: Comparisons, within: Comparisons
) -> Sentence:
    places = _farthest(cases, turned)
    named: dict[str, Number | str] = {"all": count(len(cases), "comparisons")}
    if not places:
        return said(
            "Not one of {all} of a kind of film with the others turns round among films of like "
            "budget or of the same decade.",
            **named,
        )
    named["turned"] = count(len(places))
    parts = []
    for at, place in enumerate(places[:NAMED]):
        case = cases[place]
        named |= {
            f"level_{at}": case.level,
            f"over_{at}": times(over_all, place),
            f"within_{at}": times(within, place),
        }
        parts.append(
            f"{{level_{at}}} has {{over_{at}:sure}} the {case.measure} of other films, but "
            f"{{within_{at}:sure}} among films of the same {case.group}"
        )
    return said(
        f"{{turned}} of {{all}} {'turns' if len(places) == 1 else 'turn'} round, which is "
        f"Simpson's paradox: {'; '.join(parts)}.",
        **named,
    )


def _how(cases: list[Case], turned: NDArray[np.bool_]) -> Sentence:
    """In how many groups the first of them turns round, or what was looked at."""
    if not turned.any():
        return said(
            "Looked at were {kinds} by {measures}, within each {groups}.",
            kinds=listed(sorted({KINDS[case.kind] for case in cases})),
            measures=listed(sorted({case.measure for case in cases})),
            groups=" and each ".join(sorted({case.group for case in cases})),
        )
    first = cases[_farthest(cases, turned)[0]]
    return said(
        "Looked at by itself, {level} turns round in {opposite} of {groups}.",
        level=first.level,
        opposite=count(first.within.n_opposite),
        groups=count(first.within.n_groups, "groups"),
    )


def _farthest(cases: list[Case], turned: NDArray[np.bool_]) -> list[int]:
    """Places of those that turn round, the one that moves most first."""
    return sorted(
        np.flatnonzero(turned).tolist(),
        key=lambda at: -abs(cases[at].within.over_all - cases[at].within.within),
    )


def _chart(table: pl.DataFrame) -> charts.Spec:
    shown = table.head(SHOWN).with_columns(
        pl.format("{} ({})", "kind of film", pl.col("within").str.replace("class of ", ""))
        .alias("compared")
    )  # fmt: skip
    title = "times other films; pale: all together"
    name = charts.names("compared")
    both = shown.select("all films", "like films").to_numpy()
    ends = float(both.min()), float(both.max())
    x = log_axis("all films", title, *ends)
    return charts.chart(
        shown,
        charts.line_at(1),
        charts.layer("rule", "range", x=x, x2={"field": "like films"}, y=name),
        charts.layer("point", "quiet", x=x, y=name),
        charts.layer("point", x=log_axis("like films", title, *ends), y=name),
    )


INSIGHT = Insight(
    "simpsons-paradox",
    "industry",
    "Which plain comparisons turn round among films of a like budget or time?",
    paradoxes,
)
