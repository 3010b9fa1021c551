"""What films of a kind do beside other films: as they are, and with other things held fixed.

The plain comparison misleads where a kind of film differs in something else that matters, as films
of June cost more than films of January. The adjusted one is a regression of the logarithm on the
kind and on what is held fixed, over the same films.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import UnanswerableError
from marquee.forecast.effects import Estimates, estimated
from marquee.insights.multiple import Comparisons, compare
from marquee.insights.sentences import Number

NUMBERS = {"budget": "budget_real_usd", "franchise": "is_sequel", "year": "year"}
FACTORS = {"month": "month", "genres": "genres", "certificate": "certificate"}
"""What is held fixed, and its columns: where they are known, and not what is asked about."""

SAME = {"budget_class": "budget", "series": "franchise"}
"""Columns that say the same as something else held fixed."""

MIN_FILMS = 10
"""Films that a kind needs to be told of; smaller ones are taken together and not shown."""

LEAST_KNOWN = 0.5
"""Share of the films of which a fact must be known for it to be held fixed: the others are lost."""

NO_CERTIFICATE = "none"


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Kinds of film beside the mean over the kinds, in log points of the outcome.

    Arrays follow ``levels``. Both comparisons are corrected for the number of levels.
    """

    levels: tuple[str, ...]
    n_films: NDArray[np.int64]
    """Films of each level; a film of several genres counts in each."""
    raw: Comparisons
    raw_covariance: NDArray[np.float64]
    held: Comparisons
    """With :attr:`controls` held fixed."""
    held_covariance: NDArray[np.float64]
    freedom: int
    """Degrees of freedom of what is held fixed."""
    controls: tuple[str, ...]
    """What is held fixed, in words."""
    not_held: tuple[str, ...]
    """What is not, because too few films tell it."""
    n: int
    """Films compared, the same for both."""

    @property
    def reversed(self) -> NDArray[np.bool_]:
        """Levels that differ in both, but to opposite sides: Simpson's paradox."""
        opposite = np.sign(self.raw.estimates) != np.sign(self.held.estimates)
        turned: NDArray[np.bool_] = self.raw.differs & self.held.differs & opposite
        return turned

    def factor(self, place: int, *, held: bool = True, digits: int = 2) -> Number:
        """How many times the mean over the levels one of them has, with its interval."""
        return times(self.held if held else self.raw, place, digits, int(self.n_films[place]))


def times(found: Comparisons, place: int, digits: int = 2, n: int | None = None) -> Number:
    """A difference of logarithms as a factor."""
    value, low, high = (
        math.exp(float(each[place])) for each in (found.estimates, found.lows, found.highs)
    )
    return Number(value, low, high, "times", digits, n)


def adjusted(films: pl.DataFrame, outcome: str, focus: str) -> Adjusted:
    """How the levels of a column compare in a positive outcome, plain and adjusted.

    Films of which the outcome, the level or something held fixed is unknown are left out of both.

    Raises
    ------
    UnanswerableError
        If fewer than two levels have :data:`MIN_FILMS` films, or there are too few films for what
        is held fixed.
    """
    known, controls, not_held = held_fixed(told(films.filter(pl.col(outcome) > 0), focus), focus)
    numbers = {name: column for name, column in controls.items() if name in NUMBERS}
    factors = {name: column for name, column in controls.items() if name in FACTORS}
    values = known[outcome].to_numpy()
    if known.height <= 2 * MIN_FILMS:
        raise UnanswerableError(
            f"{known.height} films have a known {outcome} and {focus} and all that is held fixed; "
            f"more than {2 * MIN_FILMS} are needed"
        )
    plain = estimated(known, values, numbers={}, factors={focus: focus}, min_films=MIN_FILMS)
    held = estimated(
        known, values, numbers=numbers, factors={focus: focus} | factors, min_films=MIN_FILMS
    )
    levels, n_films, raw, raw_covariance = _of(plain, focus)
    _, _, fixed, held_covariance = _of(held, focus)
    if len(levels) < 2:
        raise UnanswerableError(
            f"fewer than two kinds of {focus} have {MIN_FILMS} films with a known {outcome}"
        )
    return Adjusted(
        levels=levels,
        n_films=n_films,
        raw=raw,
        raw_covariance=raw_covariance,
        held=fixed,
        held_covariance=held_covariance,
        freedom=held.degrees,
        controls=tuple(controls),
        not_held=not_held,
        n=plain.n_films,
    )


def told(films: pl.DataFrame, column: str) -> pl.DataFrame:
    """The films of which the column tells something: a value, or a list that is not empty."""
    if films[column].dtype == pl.List(pl.String):
        return films.filter(pl.col(column).list.len() > 0)
    return films.filter(pl.col(column).is_not_null())


def held_fixed(
    films: pl.DataFrame, focus: str
) -> tuple[pl.DataFrame, dict[str, str], tuple[str, ...]]:
    """The films of which all is known that is held fixed, its columns by their words, and the rest.

    The rest are the words of what too few films tell. What says the same as the focus is neither.
    """
    films = films.with_columns(pl.col("certificate").fill_null(NO_CERTIFICATE))
    held: dict[str, str] = {}
    lacking = []
    every: Mapping[str, str] = NUMBERS | FACTORS
    for name, column in every.items():
        if column == focus or SAME.get(focus) == name:
            continue
        known = told(films, column)
        if column == "certificate":
            known = known.filter(pl.col(column) != NO_CERTIFICATE)
        if known.height < max(LEAST_KNOWN * films.height, 1):
            lacking.append(name)
        else:
            held[name] = column
    for column in held.values():
        films = told(films, column)
    return films, held, tuple(lacking)


def _of(
    found: Estimates, focus: str
) -> tuple[tuple[str, ...], NDArray[np.int64], Comparisons, NDArray[np.float64]]:
    """Levels, films, comparisons and covariance of the effects of that name."""
    at = [place for place, effect in enumerate(found.effects) if effect.name == focus]
    effects = [found.effects[place] for place in at]
    covariance = found.covariance[np.ix_(at, at)]
    values = np.array([effect.value for effect in effects])
    return (
        tuple(str(effect.level) for effect in effects),
        np.array([effect.n_films for effect in effects], np.int64),
        compare(values, np.sqrt(np.diag(covariance)), found.degrees),
        covariance,
    )
