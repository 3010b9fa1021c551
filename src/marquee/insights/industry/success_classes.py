"""The nine classes of success, by the time of release and by the class of budget."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.budget import CLASSES
from marquee.forecast.targets import SUCCESS, success_class
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.films import films, need
from marquee.insights.industry.trend import PERIOD, period
from marquee.insights.intervals import share
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, said

MIN_FILMS = 20
"""Films that a group needs to be shown."""

GROUPED = ("below the budget", "up to twice", "two to five times", "five times and more")
_GROUP_OF = (0, 0, 1, 1, 2, 2, 2, 3, 3)
"""Group of each class in the chart, which tells fewer apart than the table."""

PAID = 4
"""Place of the first class that took in twice its budget."""


@dataclass(frozen=True)
class By:
    """What the classes are counted by."""

    key: str
    question: str
    heading: str
    words: str
    """How a sentence calls one of the groups: films of ..."""


YEARS = By(
    "success-by-year", "How do films do on their budgets over the years?", "years", "films of"
)
BUDGETS = By(
    "success-by-budget",
    "How do films of each class of budget do on it?",
    "budget",
    "budgets of class",
)


def success_classes(tables: Tables, _seed: int = 0, *, by: By) -> Finding:
    """Films in each of the nine classes, by group, and which groups pay off more or less often.

    Paying off is to take in twice the budget. Each group is set beside all other films.
    """
    known = need(films(tables), "multiple", "year" if by is YEARS else "budget_class")
    classes = success_class(known["revenue_usd"].to_numpy(), known["budget_usd"].to_numpy())
    known = known.with_columns(pl.Series("class", classes))
    if by is YEARS:
        first = period(pl.col("year"))
        years = pl.format("{} to {}", first, first + PERIOD - 1)
        known = known.with_columns(years.alias(by.heading), first.alias("order"))
    else:
        place = {name: at for at, name in enumerate(CLASSES)}
        known = known.with_columns(
            pl.col("budget_class").alias(by.heading),
            pl.col("budget_class").replace_strict(place, return_dtype=pl.Int32).alias("order"),
        )
    known = known.filter(pl.len().over("order") >= MIN_FILMS)
    groups = known.select("order", by.heading).unique().sort("order")
    if groups.height < 2:
        raise UnanswerableError(
            f"fewer than two groups have {MIN_FILMS} films of known budget and worldwide revenue"
        )
    order = known["order"].to_numpy()
    classes = known["class"].to_numpy()
    counts = np.array(
        [np.bincount(classes[order == at], minlength=len(SUCCESS)) for at in groups["order"]]
    )
    sizes, paid = counts.sum(axis=1), counts[:, PAID:].sum(axis=1)
    rest, rest_paid = sizes.sum() - sizes, paid.sum() - paid
    middle = paid.sum() / sizes.sum()
    error = np.sqrt(middle * (1 - middle) * (1 / sizes + 1 / rest))
    found = compare(paid / sizes - rest_paid / rest, error)
    table = pl.DataFrame(
        {
            by.heading: groups[by.heading],
            "films": sizes,
            **{each.name: counts[:, at] for at, each in enumerate(SUCCESS)},
            "twice the budget": paid / sizes,
            "against others": found.estimates,
            "from": found.lows,
            "to": found.highs,
            "differs": found.sides(),
        }
    )
    common = int(counts.sum(axis=0).argmax())
    return Finding(
        sentences=(
            _claim(table, by),
            said(
                "{paid:sure} of all {n} took in twice their budget, which is about what it takes "
                "to pay for them; the most common of {classes} classes is {common}, with {share}.",
                paid=share(int(paid.sum()), int(sizes.sum())),
                n=count(int(sizes.sum()), "films"),
                classes=Number(len(SUCCESS)),
                common=SUCCESS[common].name,
                share=Number(float(counts[:, common].sum() / sizes.sum()), unit="%"),
            ),
        ),
        n=int(sizes.sum()),
        counted="films",
        table=table,
        units={"twice the budget": "%"} | dict.fromkeys(["against others", "from", "to"], "points"),
        chart=Chart(
            _chart(table, counts, by),
            said(
                "A bar for each of {groups}, divided by what its films took in: less than the "
                "budget, up to twice, up to five times, and more.",
                groups=count(table.height, "groups"),
            ),
        ),
        caveats=(
            said(
                "Classes are worldwide box office as a multiple of the budget: {classes}.",
                classes=", ".join(_bounds()),
            ),
            said(
                "A film with an unknown budget or revenue is in no class; in early years only "
                "films that are still known have figures, and these did well."
                if by is YEARS
                else "A film with an unknown budget or revenue is in no class; of small films the "
                "figures are known when they did well."
            ),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")[by.heading]),
        weight=weighed(0.45 if by is BUDGETS else 0.35, bool(found.differs.any())),
    )


def _bounds() -> list[str]:
    last = SUCCESS[-1]
    return [f"{each.name} below {each.high:g}" for each in SUCCESS[:-1]] + [
        f"{last.name} from {last.low:g}"
    ]


def _claim(table: pl.DataFrame, by: By) -> Sentence:
    named: dict[str, Number | str] = {}
    parts = []
    for side, word in (("more", "more often"), ("less", "less often")):
        rows = table.filter(pl.col("differs") == side)
        if rows.is_empty():
            continue
        far = rows.sort(pl.col("against others").abs(), by.heading, descending=[True, False]).row(
            0, named=True
        )
        named |= {
            f"{side}_far": str(far[by.heading]),
            f"{side}_share": Number(far["twice the budget"], unit="%", n=far["films"]),
            f"{side}_points": Number(
                far["against others"], far["from"], far["to"], "points", 0, far["films"]
            ),
        }
        more = ""
        if rows.height > 1:
            named[f"{side}_more"] = count(rows.height - 1)
            more = f" and {{{side}_more}} more"
        parts.append(
            f"{word} than others for {by.words} {{{side}_far}} ({{{side}_share}}, "
            f"{{{side}_points:size}} {'above' if side == 'more' else 'below'} the others){more}"
        )
    if not parts:
        return said(
            "In none of {groups} do films take in twice their budget more or less often than in "
            "the others beyond what chance explains.",
            groups=count(table.height, "groups"),
        )
    return said(f"Twice the budget is taken in {', and '.join(parts)}.", **named)


def _chart(table: pl.DataFrame, counts: NDArray[np.int64], by: By) -> charts.Spec:
    groups = np.zeros((len(counts), len(GROUPED)), np.int64)
    for at, group in enumerate(_GROUP_OF):
        groups[:, group] += counts[:, at]
    shares = groups / groups.sum(axis=1, keepdims=True)
    rows = pl.DataFrame(
        {
            by.heading: np.repeat(table[by.heading].to_numpy(), len(GROUPED)),
            "took in": list(GROUPED) * len(counts),
            "place": list(range(len(GROUPED))) * len(counts),
            "share": shares.ravel(),
        }
    )
    return charts.chart(
        rows,
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 0},
            "encoding": {
                "y": charts.names(by.heading),
                "x": charts.axis("share", "share of films", axis={"format": ".0%"}),
                "color": {
                    "field": "took in",
                    "type": "nominal",
                    "sort": list(GROUPED),
                    "legend": {"title": None, "columns": 2},
                },
                "order": {"field": "place", "type": "quantitative"},
            },
        },
    )


INSIGHTS = tuple(
    Insight(by.key, "industry", by.question, partial(success_classes, by=by))
    for by in (YEARS, BUDGETS)
)
