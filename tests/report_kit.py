"""A small report of findings of one's own making."""

from __future__ import annotations

from datetime import date

import polars as pl

from marquee.insights import charts
from marquee.insights.base import Chart, Finding
from marquee.insights.report import DataNote, Report, Unanswered
from marquee.insights.sentences import Number, count, said

TABLE = pl.DataFrame(
    {"genre": ["<b>Noir</b> & co", "Sci|Fi"], "titles": [12, 3400], "share": [0.0035, None]},
    schema_overrides={"share": pl.Float64},
)


def finding(key: str = "odd-one", *, drawn: bool = True, weight: float = 0.5) -> Finding:
    """A finding with everything that a report shows, and names that are not to be trusted."""
    return Finding(
        key=key,
        topic="audience",
        question="Which <i>one</i> is odd?",
        sentences=(
            said("{who} has {n} titles.", who="<b>Noir</b> & co", n=count(3400)),
            said("That is {share:sure}.", share=Number(0.25, 0.2, 0.3, "%")),
        ),
        n=3412,
        counted="titles",
        table=TABLE,
        units={"share": "%"},
        chart=Chart(
            charts.bars(TABLE, "genre", "titles"),
            said('Bars of "{n}" titles.', n=count(3400)),
        )
        if drawn
        else None,
        caveats=(said("Only {n} of them were seen.", n=count(7)),),
        weight=weight,
    )


def small_report() -> Report:
    """Two findings, one of them without a chart, and a question without an answer."""
    return Report(
        DataNote(
            "films <2>", date(2020, 2, 3), {"titles": 3412, "ratings": 5}, "000004", ("Odd.",)
        ),
        seed=3,
        made_on=date(2021, 1, 2),
        findings=(finding(), finding("other-one", drawn=False, weight=0.9)),
        unanswered=(Unanswered("third", "And who?", "there are no viewers & no ratings"),),
    )
