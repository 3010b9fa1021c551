"""How far services carry the same titles."""

from __future__ import annotations

from itertools import combinations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.offers import by_size, need_offers
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.sentences import Number, count, said


def service_overlap(tables: Tables, _seed: int = 0) -> Finding:
    """The titles that each two services share, as a share of the smaller catalog and of both."""
    offers = need_offers(tables)
    names = by_size(offers)
    if len(names) < 2:
        raise UnanswerableError(f"{names[0]} is the only service in the data")
    held = {name: set(part["title_id"].to_list()) for (name,), part in offers.group_by("service")}
    rows = [
        {
            "larger service": one,
            "smaller service": other,
            "shared titles": len(held[one] & held[other]),
            "share of the smaller": len(held[one] & held[other]) / len(held[other]),
            "share of both": len(held[one] & held[other]) / len(held[one] | held[other]),
        }
        for one, other in combinations(names, 2)
    ]
    most = pl.col("share of the smaller").round(9).neg()
    table = pl.DataFrame(rows).sort(most, "larger service", "smaller service")
    n = offers["title_id"].n_unique()
    once = offers.group_by("title_id").len("on").filter(pl.col("on") == 1).height
    top = table.row(0, named=True)
    pairs = [(one, other) for one in names for other in names if one != other]
    shares = [len(held[one] & held[other]) / len(held[one]) for one, other in pairs]
    both = pl.DataFrame(pairs, ["service", "on"], orient="row").with_columns(
        pl.Series("share", shares)
    )
    return Finding(
        sentences=(
            said(
                "Services share little: {share} of the {n} titles are on one service alone."
                if once > n / 2
                else "Most titles are on several services: {share} of {n} are on one alone.",
                share=Number(once / n, unit="%", digits=1, n=n),
                n=count(n),
            ),
            said(
                "The most overlap is of {one} and {other}: {shared} titles, {part} of {other}'s.",
                one=top["larger service"],
                other=top["smaller service"],
                shared=count(top["shared titles"]),
                part=Number(top["share of the smaller"], unit="%", digits=1),
            ),
        ),
        n=n,
        counted="titles on services",
        table=table,
        units={"share of the smaller": "%", "share of both": "%"},
        chart=Chart(
            charts.field(both, "on", "service", "share", names, angle=-30),
            said(
                "A field of {n} services against one another, the stronger the more of the titles "
                "of the one at the left are on the other too; at most {most}.",
                n=count(len(names)),
                most=Number(max(shares), unit="%"),
            ),
        ),
        caveats=(
            said(
                "Titles are the same where ids or name and year say so: what sources spell "
                "differently is missed."
            ),
        ),
        weight=0.45,
    )


INSIGHT = Insight(
    "service-overlap", "audience", "Do services carry the same titles?", service_overlap
)
