"""Revenue, return and popularity of films by what they are: one question for each pair.

Each kind of film is set beside the mean over the kinds, as it is and with other things held fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import polars as pl

from marquee.data.tables import Tables
from marquee.features.budget import CLASSES
from marquee.features.calendar import MONTHS
from marquee.features.cpi import BASE_YEAR
from marquee.insights import charts
from marquee.insights.adjusted import Adjusted, adjusted
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.drawing import factors
from marquee.insights.industry.films import ATTENTION, GROSSES, attention, films, gross, need
from marquee.insights.sentences import Number, Sentence, count, listed, said

NAMED = 3
"""Kinds above and below the average that a sentence gives with their figures."""


@dataclass(frozen=True)
class Measure:
    """An outcome that kinds of films are compared in."""

    key: str
    column: str
    word: str
    unit: str
    digits: int


@dataclass(frozen=True)
class Kind:
    """A fact by which films are told apart."""

    key: str
    column: str
    one: str
    many: str
    place: str
    """The word before a kind: in June, for Horror."""
    asked: str
    """How a question ends: revenue ... by month of release."""
    weight: float
    order: tuple[str, ...] = ()
    """The order of the kinds where they have one; else by size of what is found."""


MEASURES = (
    Measure("revenue", "revenue_real_usd", "revenue", "$", 1),
    Measure("return", "multiple", "return on the budget", "times", 2),
    Measure("popularity", "popularity", "popularity", "", 1),
)
KINDS = (
    Kind("month", "month", "month", "months", "in", "month of release", 0.75, MONTHS),
    Kind("genre", "genres", "genre", "genres", "for", "genre", 0.8),
    Kind("budget-class", "budget_class", "class of budget", "classes of budget", "for",
         "class of budget", 0.5, tuple(CLASSES)),
    Kind("certificate", "certificate", "certificate", "certificates", "for", "certificate", 0.35),
    Kind("language", "language", "language", "languages", "for", "language", 0.25),
    Kind("country", "country", "country", "countries", "for", "country of production", 0.25),
    Kind("series", "series", "of the three kinds", "kinds", "for",
         "being part of a series", 0.5),
)  # fmt: skip


def by_kind(tables: Tables, _seed: int = 0, *, measure: Measure, kind: Kind) -> Finding:
    """How kinds of film compare in a measure, as they are and with other things held fixed.

    The comparison is that of :func:`marquee.insights.adjusted.adjusted`; the intervals are
    corrected for the number of kinds.
    """
    known = need(films(tables), measure.column, kind.column)
    found = adjusted(known, measure.column, kind.column)
    table = _table(known, found, measure, kind)
    ups, downs = _standing_out(found)
    return Finding(
        sentences=tuple(
            filter(None, (_claim(found, measure, kind), _plain(found, kind), _turned(found)))
        ),
        n=found.n,
        counted="films",
        table=table,
        units={"median": measure.unit} if measure.unit else {},
        chart=Chart(_chart(table), _alt(found, measure, kind)),
        caveats=_caveats(tables, found, known.height, measure, kind),
        differences=tuple(found.levels[place] for place in (*ups, *downs)),
        weight=weighed(
            kind.weight * (1.0 if measure.key == "revenue" else 0.8), bool(ups or downs)
        ),
    )


def _standing_out(found: Adjusted) -> tuple[list[int], list[int]]:
    """Kinds above and below the average with other things held fixed, the farthest first."""
    order = found.held.estimates.argsort(kind="stable").tolist()
    differs = [place for place in order if found.held.differs[place]]
    ups = [place for place in reversed(differs) if found.held.estimates[place] > 0]
    return ups, [place for place in differs if found.held.estimates[place] < 0]


def _claim(found: Adjusted, measure: Measure, kind: Kind) -> Sentence:
    ups, downs = _standing_out(found)
    fixed = listed(list(found.controls)) or "nothing"
    start = f"With {{fixed}} held fixed, {measure.word} "
    average = "that of " + _average(kind)
    named: dict[str, Number | str] = {"fixed": fixed}
    if not ups and not downs:
        return said(
            start + f"differs from {average} for none of {{kinds}} by more than chance explains, "
            "in {n}.",
            kinds=count(len(found.levels), kind.many),
            n=count(found.n, "films"),
            **named,
        )
    parts = []
    for side, places, word in (("up", ups, "above"), ("down", downs, "below")):
        if not places:
            continue
        told = []
        for at, place in enumerate(places[:NAMED]):
            named[f"{side}_{at}"] = found.levels[place]
            named[f"{side}_{at}_factor"] = found.factor(place)
            told.append(f"{{{side}_{at}}} ({{{side}_{at}_factor}}, {{{side}_{at}_factor:range}})")
        if len(places) > NAMED:
            named[f"{side}_more"] = Number(len(places) - NAMED)
            told.append(f"{{{side}_more}} more")
        parts.append(f"{word} {average} {kind.place} {listed(told)}")
    text = parts[0] if len(parts) == 1 else f"{parts[0]}, and {parts[1].replace(f' {average}', '')}"
    return said(f"{start}is {text}.", **named)


def _average(kind: Kind) -> str:
    return "the average " + kind.one if kind.key != "series" else "the average of the three kinds"


def _plain(found: Adjusted, kind: Kind) -> Sentence:
    """What the comparison without anything held fixed says."""
    order = found.raw.estimates.argsort(kind="stable")
    low, top = int(order[0]), int(order[-1])
    plain, gone = found.raw.differs, found.raw.differs & ~found.held.differs
    named: dict[str, Number | str] = {
        "kinds": count(len(found.levels), kind.many),
        "top": found.levels[top],
        "most": found.factor(top, held=False),
        "low": found.levels[low],
        "least": found.factor(low, held=False),
    }
    start = "none of {kinds} differs from the average either"
    if plain.any():
        start = "{differ} of {kinds} would pass for different from the average"
        named["differ"] = count(int(plain.sum()))
    end = ""
    if gone.any():
        end = "; {gone} of these differences cannot be told from chance with other things fixed"
        named["gone"] = count(int(gone.sum()))
    return said(
        f"As films are, {start}: {{top}} has the most, {{most:sure}} the average, and {{low}} the "
        f"least, {{least:sure}}{end}.",
        **named,
    )


def _turned(found: Adjusted) -> Sentence | None:
    """Kinds that turn round, which is Simpson's paradox."""
    places = found.reversed.nonzero()[0].tolist()
    if not places:
        return None
    named: dict[str, Number | str] = {}
    told = []
    for at, place in enumerate(places[:NAMED]):
        named |= {
            f"name_{at}": found.levels[place],
            f"plain_{at}": found.factor(place, held=False),
            f"held_{at}": found.factor(place),
        }
        told.append(
            f"{{name_{at}}} is at {{plain_{at}:sure}} the average as films are, but at "
            f"{{held_{at}:sure}} with the rest held fixed"
        )
    return said(f"Simpson's paradox: {listed(told)}.", **named)


def _table(known: pl.DataFrame, found: Adjusted, measure: Measure, kind: Kind) -> pl.DataFrame:
    flat = known.select(kind.column, measure.column)
    if flat[kind.column].dtype == pl.List(pl.String):
        flat = flat.explode(kind.column)
    medians = dict(flat.group_by(kind.column).agg(pl.col(measure.column).median()).rows())

    def numbers(held: bool) -> list[Number]:
        return [found.factor(place, held=held) for place in range(len(found.levels))]

    plain, fixed = numbers(held=False), numbers(held=True)
    rows = pl.DataFrame(
        {
            kind.one if kind.key != "series" else "film": found.levels,
            "films": found.n_films,
            "median": [medians[level] for level in found.levels],
            "as films are": [each.value for each in plain],
            "from": [each.low for each in plain],
            "to": [each.high for each in plain],
            "held fixed": [each.value for each in fixed],
            "held from": [each.low for each in fixed],
            "held to": [each.high for each in fixed],
            "differs": found.held.sides(),
        }
    )
    if kind.order:
        place = {level: at for at, level in enumerate(kind.order)}
        return rows.sort(pl.col(rows.columns[0]).replace_strict(place, default=len(place)))
    return rows.sort("held fixed", rows.columns[0], descending=[True, False])


def _chart(table: pl.DataFrame) -> charts.Spec:
    title = "times the average; pale: as films are"
    return factors(
        table, table.columns[0], "held fixed", "held from", "held to", title, quiet="as films are"
    )


def _alt(found: Adjusted, measure: Measure, kind: Kind) -> Sentence:
    return said(
        f"A dot with its interval for each of {{kinds}}: its {measure.word} beside "
        f"{_average(kind)} with other things held fixed, and a pale dot as films are; a line marks "
        "the average.",
        kinds=count(len(found.levels), kind.many),
    )


def _caveats(
    tables: Tables, found: Adjusted, n_known: int, measure: Measure, kind: Kind
) -> tuple[Sentence, ...]:
    told = [
        said(
            "This is what goes along with the {kind}, not what a change of it would bring about; "
            "what is not named, such as stars, screens or advertising, is not held fixed.",
            kind=kind.asked,
        )
    ]
    if found.not_held:
        told.append(
            said(
                "Too few films tell the {things} to hold it fixed as well.",
                things=listed(list(found.not_held)).replace(" and ", " or "),
            )
        )
    if found.n < n_known:
        told.append(
            said(
                "Compared are {n} of {known}: of the others something that is held fixed is "
                "unknown, and little is known of small films more often than of large ones.",
                n=count(found.n),
                known=count(n_known, "films"),
            )
        )
    told += _about_measure(tables, measure)
    if kind.key == "genre":
        told.append(said("A film of several genres counts as the mean of what they go along with."))
    if kind.key == "series":
        told.append(
            said(
                "Which film began a series is known only later, and successful ones are continued: "
                "the lead of first parts is partly that."
            )
        )
    return tuple(told)


def _about_measure(tables: Tables, measure: Measure) -> list[Sentence]:
    match measure.key:
        case "revenue":
            return [
                said(
                    "Revenue is {gross} in dollars of {year}, compared by its logarithm.",
                    gross=GROSSES[gross(tables)],
                    year=Number(BASE_YEAR, unit="year"),
                )
            ]
        case "return":
            return [
                said(
                    "The return is the worldwide box office as a multiple of the budget, of which "
                    "cinemas keep about half. With the budget held fixed it moves as revenue does."
                )
            ]
    return [
        said(
            "Popularity is {attention} on the day on which the data were collected: later films "
            "had less time, but are talked of more.",
            attention=ATTENTION[attention(tables)],
        )
    ]


INSIGHTS = tuple(
    Insight(
        f"{measure.key}-by-{kind.key}",
        "industry",
        f"How does {measure.word} go with {kind.asked}?",
        partial(by_kind, measure=measure, kind=kind),
    )
    for kind in KINDS
    for measure in MEASURES
)
