"""Which title of the catalog each record of an export is about, and why the others are left out."""

from __future__ import annotations

from typing import Any

import polars as pl

from marquee.data.matching import match
from marquee.data.tables import Tables
from marquee.data.titles import plain

TRUSTED = ("id", "title and year")
"""Evidence on which a second record of an export is taken to be of the same title."""


def placed(known: Tables, export: Tables) -> pl.DataFrame:
    """One row for each record of an export, in order.

    Columns: ``name``, ``year``, ``rating`` (null where a title is only seen), ``rated_at``;
    ``known_id``, null where the record is left out; ``reason``, why it is, null where the catalog
    does not have the title.

    An export may hold one title twice, under its local and its original name. The matching of
    sources settles neither, as no known title may occur twice; here the later record counts. Two
    records of the very same name and year are two titles to whoever keeps the export, so neither is
    taken where only one title is here.
    """
    found = match(known, export)
    rows = export.titles.select("title_id", "name", "year").join(
        export.ratings.select("title_id", "rating", "rated_at"),
        on="title_id",
        how="left",
        maintain_order="left",
    )
    rows = rows.join(found.drop("candidates"), on="title_id", how="left", maintain_order="left")
    rivals = _rivals(known, export, found)
    if rivals.is_empty():
        return rows
    rows = rows.with_row_index("place")
    by_title = {row["title_id"]: row for row in rows.iter_rows(named=True)}
    held = {row["known_id"]: row["title_id"] for row in by_title.values() if row["known_id"]}
    for known_id, claims in rivals.group_by("known_id", maintain_order=True):
        number = known_id[0]
        claimants = [*claims["title_id"], *([held[number]] if number in held else [])]
        _settle([by_title[title] for title in claimants], number)
    return pl.DataFrame(list(by_title.values()), schema=rows.schema).drop("place")


def _rivals(known: Tables, export: Tables, found: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a record that was left out and the one title that it alone would be taken for."""
    single = found.filter(
        (pl.col("matched_by") == "ambiguous") & (pl.col("candidates").list.len() == 1)
    ).with_columns(pl.col("candidates").list.first().alias("claimed"))
    nothing = found.filter(pl.col("matched_by") == "nothing")
    held = [*single["claimed"].to_list(), *found["known_id"].drop_nulls().to_list()]
    here = _only(known, held)
    pairs = [pl.DataFrame(schema={"title_id": pl.Int64, "known_id": pl.Int64})]
    # One record of each title at a time, so that none has a rival.
    unclaimed = nothing.select("title_id", claimed=pl.lit(None, pl.Int64))
    left = pl.concat([single.select("title_id", "claimed"), unclaimed])
    while left.height:
        is_turn = pl.col("claimed").is_null() | pl.col("claimed").is_first_distinct()
        turn = left.filter(is_turn)
        alone = match(here, _only(export, turn["title_id"].to_list()))
        taken = alone.filter(pl.col("matched_by").is_in(TRUSTED)).select("title_id", "known_id")
        pairs.append(taken.drop_nulls())
        left = left.join(turn, on="title_id", how="anti", maintain_order="left")
    return pl.concat(pairs)


def _only(tables: Tables, title_ids: list[int]) -> Tables:
    wanted = pl.col("title_id").is_in(title_ids)
    return Tables(titles=tables.titles.filter(wanted), credits=tables.credits.filter(wanted))


def _settle(claimants: list[dict[str, Any]], known_id: int) -> None:
    """Gives the title to the latest record, and says of the others why they are left out."""
    spelled = [(plain(str(row["name"])), row["year"]) for row in claimants]
    if len(set(spelled)) < len(spelled):
        for row in claimants:
            if row["known_id"] is None:
                row["reason"] = "the export has several titles of this name and year, one is here"
        return
    dated = [row for row in claimants if row["rated_at"] is not None]
    latest = max(dated or claimants, key=lambda row: (row["rated_at"] or 0, row["place"]))
    for row in claimants:
        row["known_id"] = known_id if row is latest else None
        row["reason"] = (
            None if row is latest else f"the same title as {latest['name']}, said of later"
        )
