"""Which months and genres to aim at, for which budget, with the evidence behind each."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.budget import CLASSES
from marquee.features.cpi import BASE_YEAR
from marquee.insights.adjusted import adjusted, times
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.drawing import factors
from marquee.insights.industry.films import GROSSES, films, gross, need
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, listed, said

TIERS = {
    "small": (0.0, CLASSES["medium"]),
    "middle": (CLASSES["medium"], CLASSES["high"]),
    "large": (CLASSES["high"], float("inf")),
}
"""Budgets from, up to and not with, in constant dollars."""

KINDS = {"month": "month", "genres": "genre"}
SHOWN = 24
NAMED = 3


def aims(tables: Tables, _seed: int = 0) -> Finding:
    """Months and genres beside the average of their kind, among films of like budget.

    Each tier of budgets is compared by itself, with the budget within it, year, series and the
    rest held fixed. All comparisons of all tiers are corrected together.
    """
    known = need(films(tables), "revenue_real_usd", "budget_real_usd")
    rows = []
    for tier, (low, high) in TIERS.items():
        own = known.filter(pl.col("budget_real_usd") >= low, pl.col("budget_real_usd") < high)
        for column, word in KINDS.items():
            try:
                within = adjusted(own, "revenue_real_usd", column)
            except UnanswerableError:
                continue
            errors = np.sqrt(np.diag(within.held_covariance))
            rows += [
                (tier, word, level, int(n), float(value), float(error), float(within.freedom))
                for level, n, value, error in zip(
                    within.levels, within.n_films, within.held.estimates, errors, strict=True
                )
            ]
    if not rows:
        raise UnanswerableError(
            "in no tier of budgets do enough films have a known month or genre and revenue"
        )
    tiers, words, levels, n, values, error, freedom = zip(*rows, strict=True)
    found = compare(values, error, freedom)
    told = [times(found, at) for at in range(len(rows))]
    table = pl.DataFrame(
        {
            "budget": tiers,
            "by": words,
            "kind": levels,
            "films": n,
            "times the average": [each.value for each in told],
            "from": [each.low for each in told],
            "to": [each.high for each in told],
            "differs": found.sides(),
            "_far": found.adjusted_p,
        }
    )
    shown = (
        table.sort("_far", "budget", "kind")
        .head(SHOWN)
        .with_columns(pl.format("{}, {}", "kind", "budget").alias("aim"))
        .sort("times the average", "aim", descending=[True, False])
    )
    table = table.drop("_far")
    return Finding(
        sentences=_advices(table),
        n=known.height,
        counted="films",
        table=table,
        chart=Chart(
            factors(shown, "aim", "times the average", "from", "to", "times the average revenue"),
            said(
                "A dot with its interval for each of {shown} of a kind of film and a tier of "
                "budgets: times the average revenue in that tier, the rest held fixed; dots of "
                "what is not shown to differ are open.",
                shown=count(shown.height, "pairs"),
            ),
        ),
        caveats=(
            said(
                "Advice is worth what its interval is: kinds that are not named were not shown to "
                "differ, which is not to say that they are alike."
            ),
            said(
                "Revenue is {gross} in dollars of {year}. These are associations among films that "
                "came out; moving one film to another month or genre may do something else.",
                gross=GROSSES[gross(tables)],
                year=Number(BASE_YEAR, unit="year"),
            ),
        ),
        differences=tuple(
            f"{row['kind']}, {row['budget']}"
            for row in table.filter(pl.col("differs") != "no").iter_rows(named=True)
        ),
        weight=weighed(0.8, bool(found.differs.any())),
    )


def _advices(table: pl.DataFrame) -> tuple[Sentence, ...]:
    """What to aim at by tier; tiers in which nothing is shown to differ come last."""
    parts = [(tier, table.filter(pl.col("budget") == tier)) for tier in TIERS]
    told = [(tier, own) for tier, own in parts if own.height]
    ordered = sorted(told, key=lambda each: bool((each[1]["differs"] == "no").all()))
    return tuple(_advice(tier, own) for tier, own in ordered)


def _advice(tier: str, table: pl.DataFrame) -> Sentence:
    low, high = TIERS[tier]
    named: dict[str, Number | str] = {}
    if high == float("inf"):
        start, bound = "from {bound} on", low
    else:
        start, bound = "below {bound}", high
        if low:
            start = "from {least} to {bound}"
            named["least"] = Number(low, unit="$")
    named["bound"] = Number(bound, unit="$")
    parts = []
    for side, word in (("more", "aim at"), ("less", "beware of")):
        rows = table.filter(pl.col("differs") == side).sort(
            "times the average", "kind", descending=[side == "more", False]
        )
        told = []
        for at, row in enumerate(rows.head(NAMED).iter_rows(named=True)):
            named[f"{side}_{at}"] = row["kind"]
            named[f"{side}_{at}_factor"] = Number(
                row["times the average"], row["from"], row["to"], "times", 2, row["films"]
            )
            told.append(
                f"{{{side}_{at}}} ({{{side}_{at}_factor}} the average {row['by']}'s revenue, "
                f"{{{side}_{at}_factor:range}})"
            )
        if told:
            parts.append(f"{word} {listed(told)}")
    if not parts:
        named["kinds"] = count(table.height, "months and genres")
        return said(
            f"For budgets {start}, none of {{kinds}} is shown to do better or worse than the "
            "average: choose by the film.",
            **named,
        )
    return said(f"For budgets {start}, {'; '.join(parts)}.", **named)


INSIGHT = Insight(
    "aims", "conclusions", "Which months and genres should a film aim at, for its budget?", aims
)
