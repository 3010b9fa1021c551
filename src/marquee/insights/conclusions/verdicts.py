"""What the data say to a claim: confirmed, refuted or undecidable, with the figure for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import UnanswerableError
from marquee.insights.adjusted import adjusted, times
from marquee.insights.multiple import Comparisons, compare
from marquee.insights.ranks import Ranks, ranks
from marquee.insights.sentences import Number

CONFIRMED, REFUTED, UNDECIDABLE = "confirmed", "refuted", "undecidable"

AS_THEY_ARE, HELD = "as films are", "held fixed"

MIN_FILMS = 20
"""Films of a kind that a place among kinds needs."""


@dataclass(frozen=True)
class Verdict:
    """One part of a claim, such as that June is among the best four months."""

    about: str
    """June, or Animation."""
    how: str
    """:data:`AS_THEY_ARE` or :data:`HELD`."""
    value: Number
    """The figure: times the average, dollars, or a share."""
    place: Number | None
    """Its place among the kinds, 1 for the largest, with those that may be the true one."""
    of: int
    """Kinds in all."""
    verdict: str
    n: int
    by_place: bool = False
    """Whether the place is what was claimed, more than the figure."""


def among_best(found: Comparisons, place: Ranks, at: int, best: int) -> str:
    """Whether one of several is among the best, by what it has and by its place.

    Confirmed if it is above the average beyond chance and may be among the best ones; refuted if
    it is below the average, or certainly not among them; else undecidable.
    """
    below = bool(found.differs[at]) and found.estimates[at] < 0
    if below or place.lows[at] > best:
        return REFUTED
    return CONFIRMED if bool(found.differs[at]) else UNDECIDABLE


def at_place(place: Ranks, at: int, first: int, last: int) -> str:
    """Whether one of several has a place from first to last, as far as its place is certain."""
    if first <= place.lows[at] and place.highs[at] <= last:
        return CONFIRMED
    return REFUTED if place.highs[at] < first or place.lows[at] > last else UNDECIDABLE


def place_number(place: Ranks, at: int) -> Number:
    """The place of one of several, for a sentence."""
    return Number(int(place.places[at]), int(place.lows[at]), int(place.highs[at]), "year")


def carried(films: pl.DataFrame, outcome: str) -> tuple[list[str], Comparisons, NDArray[np.float64],
                                                      NDArray[np.int64]]:  # fmt: skip
    """The mean log outcome of the films that carry each genre beside that of all films.

    Also the covariance, and the films of each. A film counts in each of its genres, so that the
    means hang together: their errors come from what each film adds to each mean.
    """
    known = films.filter(pl.col(outcome) > 0, pl.col("genres").list.len() > 0)
    sizes = known.explode("genres").group_by("genres").len().filter(pl.col("len") >= MIN_FILMS)
    names = sizes["genres"].sort().to_list()
    if len(names) < 2:
        raise UnanswerableError(f"fewer than two genres have {MIN_FILMS} films of known {outcome}")
    member = known.select(
        pl.col("genres").list.contains(name).alias(name) for name in names
    ).to_numpy()
    y = np.log(known[outcome].to_numpy())
    n = member.sum(axis=0)
    means = (member * y[:, None]).sum(axis=0) / n
    adds = member * (y[:, None] - means) / n - ((y - y.mean()) / y.size)[:, None]
    covariance = adds.T @ adds
    found = compare(means - y.mean(), np.sqrt(np.diag(covariance)), n - 1)
    return names, found, covariance, n


def best_months(
    films: pl.DataFrame, outcome: str, months: tuple[str, ...], best: int
) -> list[Verdict]:
    """Whether each of the months is among the best, as films are and with the rest held fixed."""
    found = adjusted(films, outcome, "month")
    verdicts = []
    for how, told, covariance in (
        (AS_THEY_ARE, found.raw, found.raw_covariance),
        (HELD, found.held, found.held_covariance),
    ):
        place = ranks(told.estimates, covariance)
        for month in months:
            if month not in found.levels:
                continue
            at = found.levels.index(month)
            verdicts.append(
                Verdict(
                    about=month,
                    how=how,
                    value=times(told, at, n=int(found.n_films[at])),
                    place=place_number(place, at),
                    of=len(found.levels),
                    verdict=among_best(told, place, at, best),
                    n=found.n,
                )
            )
    return verdicts


def best_genres(
    films: pl.DataFrame, outcome: str, genres: tuple[str, ...], best: int
) -> list[Verdict]:
    """Whether each of the genres is among the best, by the films that carry it and held fixed."""
    names, told, covariance, n = carried(films, outcome)
    fixed = adjusted(films, outcome, "genres")
    place = ranks(told.estimates, covariance)
    fixed_place = ranks(fixed.held.estimates, fixed.held_covariance)
    verdicts = [
        Verdict(
            about=genre,
            how=AS_THEY_ARE,
            value=times(told, names.index(genre), n=int(n[names.index(genre)])),
            place=place_number(place, names.index(genre)),
            of=len(names),
            verdict=among_best(told, place, names.index(genre), best),
            n=films.filter(pl.col(outcome) > 0).height,
        )
        for genre in genres
        if genre in names
    ]
    for genre in genres:
        if genre in fixed.levels:
            at = fixed.levels.index(genre)
            verdicts.append(
                Verdict(
                    about=genre,
                    how=HELD,
                    value=fixed.factor(at),
                    place=place_number(fixed_place, at),
                    of=len(fixed.levels),
                    verdict=among_best(fixed.held, fixed_place, at, best),
                    n=fixed.n,
                )
            )
    return verdicts


def common_genres(titles: pl.DataFrame, genres: tuple[str, ...]) -> list[Verdict]:
    """Whether each of the genres is among so many most common ones of the titles.

    ``titles`` has genres, a list each; as a sample of titles, the shares vary together.
    """
    known = titles.filter(pl.col("genres").list.len() > 0)
    names = known["genres"].explode().unique().sort().to_list()
    if len(names) <= len(genres):
        raise UnanswerableError("the data tell too few genres of titles")
    member = known.select(
        pl.col("genres").list.contains(name).alias(name) for name in names
    ).to_numpy().astype(np.float64)  # fmt: skip
    share = member.mean(axis=0)
    covariance = np.cov(member.T) / known.height
    place = ranks(share, covariance)
    error = 1.96 * np.sqrt(np.diag(covariance))
    return [
        Verdict(
            about=genre,
            how=AS_THEY_ARE,
            value=Number(
                float(share[at]),
                max(float(share[at] - error[at]), 0.0),
                min(float(share[at] + error[at]), 1.0),
                "%",
                0,
                known.height,
            ),
            place=place_number(place, at),
            of=len(names),
            verdict=at_place(place, at, 1, len(genres)),
            n=known.height,
            by_place=True,
        )
        for genre in genres
        if genre in names
        for at in [names.index(genre)]
    ]
