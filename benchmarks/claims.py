"""Well-known claims of student analyses put to the real data: the table of docs/benchmarks.md.

Run as ``MARQUEE_DATA=/path/to/data python benchmarks/claims.py``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polars as pl

from marquee.data.sources import read_source
from marquee.insights import INSIGHTS
from marquee.insights.conclusions.verdicts import UNDECIDABLE

SETS = ("tmdb-5000", "imdb-5000", "ml-1m")


def main() -> None:
    """Prints the table as Markdown."""
    root = Path(os.environ["MARQUEE_DATA"])
    tables = {
        name: INSIGHTS["student-claims"].ask(read_source(root / name)[1].tables).table
        for name in SETS
    }
    parts = pl.concat(list(tables.values())).drop_nulls("part").select("claim", "part", _how())
    # Claims in the order of the table, and the parts of each as films are before held fixed.
    claims = next(iter(tables.values()))["claim"].unique(maintain_order=True).to_list()
    lines = [
        f"| claim | {' | '.join(SETS)} |",
        "|---|" + "---|" * len(SETS),
    ]
    for claim in claims:
        lines.append(f"| **{claim}** |" + " |" * len(SETS))
        own = parts.filter(pl.col("claim") == claim).unique(maintain_order=True)
        for part, how in (
            own.filter(~pl.col("part").str.starts_with("a fall")).select("part", "how").rows()
        ):
            cells = [_cell(table, claim, part, how) for table in tables.values()]
            lines.append(f"| {part}, {how} | {' | '.join(cells)} |")
        if own["part"].str.starts_with("a fall").any():
            cells = [_cell(table, claim, None, "") for table in tables.values()]
            lines.append(f"| a fall in titles | {' | '.join(cells)} |")
    sys.stdout.write("\n".join(lines) + "\n")


def _how() -> pl.Expr:
    held = pl.col("measured by").str.ends_with("held fixed")
    return pl.when(held).then(pl.lit("held fixed")).otherwise(pl.lit("as films are")).alias("how")


def _cell(table: pl.DataFrame, claim: str, part: str | None, how: str) -> str:
    rows = table.with_columns(_how()).filter(pl.col("claim") == claim)
    if part is not None:
        rows = rows.filter((pl.col("part") == part) & (pl.col("how") == how))
    rows = rows.drop_nulls("part")
    if rows.is_empty():
        return UNDECIDABLE
    row = rows.row(0, named=True)
    value, low, high = row["value"], row["from"], row["to"]
    if part is None:
        figure = f"{value:+.1%} a year ({low:+.1%} to {high:+.1%})"
    elif "budget" in row["measured by"] and "constant" in row["measured by"]:
        figure = f"${value / 1e6:.0f}M (${low / 1e6:.0f}M to ${high / 1e6:.0f}M)"
    elif "share" in row["measured by"]:
        figure = f"{value:.1%}"
    else:
        figure = f"×{value:.2f} ({low:.2f} to {high:.2f})"
    place = ""
    if row["place"] is not None:
        sure = row["place from"] == row["place to"]
        may = "" if sure else f" ({row['place from']} to {row['place to']})"
        place = f", place {row['place']}{may} of {row['of']}"
    return f"{row['verdict']}: {figure}{place}"


if __name__ == "__main__":
    main()
