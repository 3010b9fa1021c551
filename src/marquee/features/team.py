"""The records of the people or companies of a film, told as columns: of one, and of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from marquee.features.base import Column, Kind
from marquee.features.track import HALF_LIFE_YEARS, PRIOR_FILMS


@dataclass(frozen=True)
class Naming:
    """How the columns of a team are called."""

    prefix: str
    group: str
    """What a reader calls it, in explanations."""
    who: str
    """Whose records they are, in words."""


_UNKNOWN = "null where nobody is known"
_SHRUNKEN = f"shrunken by {PRIOR_FILMS:g} films of the average"
_RECENT = f"half weight after {HALF_LIFE_YEARS:g} years"

_ALONE: dict[str, tuple[str, Kind, str]] = {
    "count": ("count", "number", "number of earlier films with known box office"),
    "mean": ("mean", "number", f"mean log real revenue of earlier films, {_SHRUNKEN}"),
    "max": ("max", "number", "highest log real revenue of an earlier film; null on a debut"),
    "last": ("last", "number", "log real revenue of the latest film; null on a debut"),
    "recent": ("recent", "number", f"mean log real revenue, {_RECENT}, {_SHRUNKEN}"),
    "return": ("return", "number", f"mean log of revenue over budget, {_SHRUNKEN}"),
    "debut": ("debut", "flag", "whether there is no earlier film with known box office"),
    "gap_years": ("gap", "number", "years since the latest film's release; null on a debut"),
}
"""Column's ending, and the statistic, kind and words behind it."""

_TOGETHER: dict[str, tuple[str, str, Kind, str]] = {
    "count": ("count", "mean", "number", "number of earlier films, mean over them"),
    "mean": ("mean", "mean", "number", f"log real revenue of earlier films, mean, {_SHRUNKEN}"),
    "best": ("mean", "max", "number", "the highest of their shrunken mean log real revenues"),
    "max": ("max", "max", "number", "highest log real revenue of an earlier film of any"),
    "last": ("last", "mean", "number", "log real revenue of the latest films, mean over them"),
    "recent": ("recent", "mean", "number", f"log real revenue, {_RECENT}, mean, {_SHRUNKEN}"),
    "return": ("return", "mean", "number", f"log of revenue over budget, mean, {_SHRUNKEN}"),
    "return_best": ("return", "max", "number", "the highest of their shrunken mean log returns"),
    "newcomers": ("debut", "mean", "number", "share without an earlier film of known box office"),
    "gap_years": ("gap", "min", "number", "years since the latest film of any of them"),
}


def columns_alone(naming: Naming) -> list[Column]:
    """The columns that :func:`alone` gives."""
    return _columns(naming, {ending: (kind, words) for ending, (_, kind, words) in _ALONE.items()})


def columns_together(naming: Naming) -> list[Column]:
    """The columns that :func:`together` gives."""
    told = {ending: (kind, words) for ending, (_, _, kind, words) in _TOGETHER.items()}
    return _columns(naming, told)


def _columns(naming: Naming, told: Mapping[str, tuple[Kind, str]]) -> list[Column]:
    return [
        Column(
            f"{naming.prefix}_{ending}",
            kind,
            "greenlight",
            naming.group,
            f"{naming.who}: {words}; {_UNKNOWN}",
        )
        for ending, (kind, words) in told.items()
    ]


def alone(records: pl.DataFrame, naming: Naming) -> pl.DataFrame:
    """Columns about one member per question, in order of the questions: title_id, as_of, ...

    ``records`` comes from :func:`marquee.features.track.records`.
    """
    return records.select(
        "title_id",
        "as_of",
        *(
            pl.col(statistic).alias(f"{naming.prefix}_{ending}")
            for ending, (statistic, _, _) in _ALONE.items()
        ),
    )


def together(records: pl.DataFrame, naming: Naming) -> pl.DataFrame:
    """Columns about all members of each question: title_id, as_of, means and extremes over them.

    Members lacking a value are left out of it. ``records`` also has the ``place`` of each member.
    """
    # Lists keep the order of the places, so that means are the same to the last bit however the
    # rows were spread over threads.
    lists = (
        records.with_columns(pl.col("debut").cast(pl.Float64))
        .sort("title_id", "as_of", "place")
        .group_by("title_id", "as_of", maintain_order=True)
        .agg(pl.col("count", "mean", "max", "last", "recent", "return", "debut", "gap"))
    )
    return lists.select(
        "title_id",
        "as_of",
        *(
            _over_members(statistic, how).alias(f"{naming.prefix}_{ending}")
            for ending, (statistic, how, _, _) in _TOGETHER.items()
        ),
    )


def _over_members(statistic: str, how: str) -> pl.Expr:
    values = pl.col(statistic).list
    return {"mean": values.mean, "max": values.max, "min": values.min}[how]()
