"""Which of many groups of films do better or worse than films like theirs.

What each film's budget, year, series, month, genres and certificate would let one expect is taken
out by a regression; what is left is averaged over the films of a group, and set beside nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from marquee.errors import UnanswerableError
from marquee.forecast.effects import estimated
from marquee.insights.adjusted import FACTORS, NUMBERS, held_fixed, times
from marquee.insights.multiple import Comparisons, compare
from marquee.insights.ranks import means_by

SHOWN = 24
"""Groups in the table and the chart."""


class StandingOut(NamedTuple):
    """Groups by name, with what their films do beyond expectation, in log points."""

    groups: list[str]
    n_films: list[int]
    found: Comparisons
    controls: tuple[str, ...]
    n: int
    """Films whose expectation is known."""


def unexpected(films: pl.DataFrame, outcome: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The films of known outcome and facts with ``beyond``: log outcome less what they let expect.

    Also what is held fixed, in words.

    Raises
    ------
    UnanswerableError
        If there are too few films.
    """
    known, controls, _ = held_fixed(films.filter(pl.col(outcome) > 0), "")
    if known.height < 2 * len(controls) + 60:
        raise UnanswerableError(
            f"{known.height} films have a known {outcome} and all that is held fixed; too few to "
            "say what a film lets expect"
        )
    found = estimated(
        known,
        known[outcome].to_numpy(),
        numbers={name: column for name, column in controls.items() if name in NUMBERS},
        factors={name: column for name, column in controls.items() if name in FACTORS},
        min_films=10,
    )
    return known.with_columns(pl.Series("beyond", found.residuals)), tuple(controls)


def standing_out(
    films: pl.DataFrame, members: pl.DataFrame, outcome: str, min_films: int
) -> StandingOut:
    """The groups of at least ``min_films`` films of known outcome, by name.

    ``members`` has title_id and group, a row for each film of a group, at most one. The error of a
    group's mean is that of its own films' spread, with Student's quantiles.

    Raises
    ------
    UnanswerableError
        If there is no such group, or too few films.
    """
    known, controls = unexpected(films, outcome)
    rows = members.join(known.select("title_id", "beyond"), on="title_id", how="inner")
    sizes = rows.group_by("group").len().filter(pl.col("len") >= min_films)
    groups = sizes["group"].sort().to_list()
    if not groups:
        raise UnanswerableError(f"none is in {min_films} films of known {outcome}")
    rows = rows.filter(pl.col("group").is_in(groups)).sort("group", "title_id")
    place = rows["group"].replace_strict(groups, range(len(groups)), return_dtype=pl.Int64)
    middle, squared, n = means_by(rows["beyond"], place, len(groups))
    return StandingOut(
        groups=groups,
        n_films=n.astype(np.int64).tolist(),
        found=compare(middle, np.sqrt(squared), n - 1),
        controls=controls,
        n=known.height,
    )


def farthest_groups(out: StandingOut, names: pl.Series, name: str, value: str) -> pl.DataFrame:
    """The groups farthest out of chance, the largest value first.

    Columns are ``name`` with the names, films, ``value`` with the factor, from, to and differs.
    """
    told = [times(out.found, place) for place in range(len(out.groups))]
    rows = pl.DataFrame(
        {
            name: names,
            "films": out.n_films,
            value: [each.value for each in told],
            "from": [each.low for each in told],
            "to": [each.high for each in told],
            "differs": out.found.sides(),
            "_group": out.groups,
            "_far": out.found.adjusted_p,
            "_size": abs(out.found.estimates),
        }
    )
    shown = rows.sort("_far", "_size", "_group", descending=[False, True, False]).head(SHOWN)
    ordered = shown.sort(value, "_group", descending=[True, False])
    return ordered.drop("_group", "_far", "_size")
