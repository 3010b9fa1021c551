"""What the world's titles are: kind, day of release, genres, tones, series, budget, certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.world import effects
from marquee.data.world.calendar import announce, release_days, year_of
from marquee.data.world.streams import pick_by_weight, pick_in_rows, stream

SHOW_SHARE = 0.18
SERIES_SHARE = 0.05
"""Series planned from their first part, per film; two to five parts each."""
UPCOMING_SHARE = 0.6
"""Titles of the year after the world's end, as a share of the last year's: those announced."""

GENRE_SHARE = dict(
    zip(
        effects.GENRES,
        (9, 6, 4, 14, 7, 4, 19, 4, 5, 3, 7, 3, 4, 8, 6, 9, 2, 1),
        strict=True,
    )
)
"""How often each genre is a title's first, in per cent or so."""
COMPANIONS = {
    "Action": ("Adventure", "Thriller", "Science Fiction", "Crime"),
    "Adventure": ("Action", "Fantasy", "Family"),
    "Animation": ("Family", "Comedy", "Fantasy"),
    "Comedy": ("Romance", "Drama", "Family", "Music"),
    "Crime": ("Thriller", "Drama", "Mystery"),
    "Documentary": ("History", "Music", "War"),
    "Drama": ("Romance", "History", "Crime", "Music"),
    "Family": ("Animation", "Comedy", "Adventure"),
    "Fantasy": ("Adventure", "Romance", "Family"),
    "History": ("Drama", "War", "Romance"),
    "Horror": ("Thriller", "Mystery", "Science Fiction"),
    "Music": ("Comedy", "Romance", "Drama"),
    "Mystery": ("Thriller", "Crime", "Horror"),
    "Romance": ("Comedy", "Drama", "Fantasy"),
    "Science Fiction": ("Action", "Adventure", "Thriller", "Horror"),
    "Thriller": ("Crime", "Mystery", "Action"),
    "War": ("Drama", "History", "Action"),
    "Western": ("Action", "Drama", "Adventure"),
}
"""Genres that join a first genre, each as likely as the others."""

BUDGET_BY_GENRE = {
    "Action": 0.9,
    "Adventure": 0.9,
    "Animation": 0.9,
    "Documentary": -2.0,
    "Drama": -0.4,
    "Fantasy": 0.8,
    "Horror": -0.9,
    "Music": -0.4,
    "Romance": -0.3,
    "Science Fiction": 0.9,
    "War": 0.4,
}
"""Log points of budget per genre, mean over a film's genres; a genre not named counts 0."""
BUDGET_SD = 1.0
BUDGET_GROWTH = 0.025
SEQUEL_BUDGET = 0.4

MATURE = {"Horror": 2.0, "Crime": 1.2, "War": 1.2, "Thriller": 0.8, "Family": -4.0}
CHILDISH = {"Family": 2.5, "Animation": 2.0, "Documentary": 0.5, "Horror": -2.0, "Crime": -1.0}
"""How genres push the certificate toward R and toward G, in log points."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The titles in order of release; arrays of shape (n_titles,) unless said otherwise."""

    title_ids: NDArray[np.int64]
    """Numbers 1 to n_titles in random order: an id says nothing about its title."""
    is_show: NDArray[np.bool_]
    released: NDArray[Any]
    """Day of release, datetime64[D]."""
    announced: NDArray[Any]
    """Day on which the title's facts become known, datetime64[D]."""
    first_genre: NDArray[np.int64]
    genres: NDArray[np.float64]
    """Share of each genre, shape (n_titles, n_genres); rows sum to 1."""
    traits: NDArray[np.float64]
    """Amount of each trait, shape (n_titles, n_traits)."""
    series: NDArray[np.int64]
    """Number of the title's series, -1 outside of any."""
    part: NDArray[np.int64]
    """Place in the series, 1 first; 0 outside of any."""
    previous: NDArray[np.int64]
    """Position of the part before, -1 where there is none."""
    log_budget: NDArray[np.float64]
    """Log of the production budget in nominal US dollars; NaN for shows."""
    certificate: NDArray[np.int64]
    """Position in ``effects.CERTIFICATES``."""

    def __len__(self) -> int:
        return len(self.title_ids)

    @property
    def months(self) -> NDArray[np.int64]:
        """Month of release, 0 for January."""
        return self.released.astype("datetime64[M]").astype(np.int64) % 12

    @property
    def years(self) -> NDArray[np.int64]:
        """Year of release."""
        return year_of(self.released)


def plan_titles(n_titles: int, seed: int) -> Plan:
    """The titles of a world of that size."""
    rng = stream(seed, "titles")
    years = _years(n_titles, rng)
    is_show = rng.random(n_titles) < SHOW_SHARE
    series, part, previous, years = _series(years, is_show, stream(seed, "series"))
    first, genres = _genres(n_titles, stream(seed, "genres"))
    traits = stream(seed, "traits").standard_normal((n_titles, len(effects.TRAITS)))
    for place in range(2, int(part.max(initial=0)) + 1):
        sequel = part == place
        before = previous[sequel]
        first[sequel], genres[sequel] = first[before], genres[before]
        traits[sequel] = 0.8 * traits[before] + 0.6 * traits[sequel]
    rng = stream(seed, "budgets")
    usual = 16.2 + BUDGET_GROWTH * (years - effects.REFERENCE_YEAR)
    excess = genres @ _row(BUDGET_BY_GENRE) + rng.normal(0, BUDGET_SD, n_titles)
    excess = np.where(is_show, 0.0, excess + SEQUEL_BUDGET * (part > 1))
    released = release_days(years, excess, stream(seed, "calendar"))
    order = np.argsort(released, kind="stable")
    place_of = np.empty(n_titles, np.int64)
    place_of[order] = np.arange(n_titles)
    before = previous[order]
    certificate = _certificates(genres, stream(seed, "certificates"))
    return Plan(
        title_ids=stream(seed, "ids").permutation(n_titles)[order] + 1,
        is_show=is_show[order],
        released=released[order],
        announced=announce(released, stream(seed, "announcements"))[order],
        first_genre=first[order],
        genres=genres[order],
        traits=traits[order],
        series=series[order],
        part=part[order],
        previous=np.where(before >= 0, place_of[before], -1),
        log_budget=np.where(is_show, np.nan, usual + excess)[order],
        certificate=certificate[order],
    )


def _row(values: dict[str, float]) -> NDArray[np.float64]:
    """The values in the order of the genres, 0 where there is none."""
    return np.array([values.get(genre, 0.0) for genre in effects.GENRES])


def _years(n_titles: int, rng: np.random.Generator) -> NDArray[np.int64]:
    years = np.arange(effects.WORLD_START.year, effects.WORLD_END.year + 2)
    weights = np.linspace(1.0, 2.5, len(years))
    weights[-1] *= UPCOMING_SHARE
    return years[pick_by_weight(rng, weights, n_titles)]


def _series(
    years: NDArray[np.int64], is_show: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Series, part, previous part and year of each title, in the order given.

    Parts are two or three years apart. Which films start a series is drawn before anything is known
    of their success, so that belonging to one tells nothing about it.
    """
    series = np.full(len(years), -1)
    part = np.zeros(len(years), np.int64)
    previous = np.full(len(years), -1)
    years = years.copy()
    films = rng.permutation(np.flatnonzero(~is_show)).tolist()
    wanted = round(SERIES_SHARE * len(films))
    lengths = 2 + np.minimum(rng.geometric(0.5, wanted) - 1, 3)
    for number, length in enumerate(lengths.tolist()):
        last = films.pop() if films else -1
        if last < 0:
            break
        series[last], part[last] = number, 1
        for place in range(2, length + 1):
            year = int(years[last]) + int(rng.integers(2, 4))
            if not films or year > effects.WORLD_END.year + 1:
                break
            film = films.pop()
            series[film], part[film], previous[film], years[film] = number, place, last, year
            last = film
    return series, part, previous, years


def _genres(
    n_titles: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each title's first genre, and the share of each genre in it."""
    first = pick_by_weight(rng, np.array(list(GENRE_SHARE.values()), float), n_titles)
    companions = np.zeros((len(effects.GENRES), len(effects.GENRES)))
    for genre, others in COMPANIONS.items():
        for other in others:
            companions[effects.GENRES.index(genre), effects.GENRES.index(other)] = 1.0
    # One, two or three genres: the companions with the smallest of exponential draws join.
    joining = pick_by_weight(rng, np.array([0.25, 0.5, 0.25]), n_titles)
    draws = np.where(companions[first] > 0, rng.random((n_titles, len(effects.GENRES))), np.inf)
    rank = np.argsort(np.argsort(draws, axis=1), axis=1)
    member = (rank < joining[:, None]) & np.isfinite(draws)
    member[np.arange(n_titles), first] = True
    return first, member / member.sum(axis=1, keepdims=True)


def _certificates(genres: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    mature, childish = genres @ _row(MATURE), genres @ _row(CHILDISH)
    pull = np.array([[-1.0, 1.0], [-0.2, 0.6], [0.3, 0.0], [1.0, -1.0]])
    usual = np.log([0.06, 0.2, 0.38, 0.36])
    weights = np.exp(usual + mature[:, None] * pull[:, 0] + childish[:, None] * pull[:, 1])
    return pick_in_rows(rng, weights)
