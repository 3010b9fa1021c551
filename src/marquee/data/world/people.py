"""The people of the world: their careers and talents, and who works on which title."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.data.world.streams import pick_by_weight, stream
from marquee.data.world.titles import Plan

PER_TITLE = {"director": 0.22, "actor": 1.1, "writer": 0.35, "producer": 0.22, "composer": 0.12}
"""People of each trade per title of the world."""
FEWEST = 24
CAREER_YEARS = 18.0
PEAK_AT = 0.35
"""Where in a career most of its work lies, as a share of its length."""
CALLED = 9
"""Actors called for a title; those called twice come once."""
LEAD_STAYS = 0.8
DIRECTOR_STAYS = 0.5
"""Chances that a sequel keeps its lead and its director."""
DIRECTOR_WRITES = 0.3


@dataclass(frozen=True, eq=False)
class People:
    """Everybody, and who did what; arrays of people have shape (n_people,)."""

    trade: NDArray[np.str_]
    first_year: NDArray[np.int64]
    last_year: NDArray[np.int64]
    productivity: NDArray[np.float64]
    """How sought a person is, heavy-tailed, mean about 1."""
    talent: NDArray[np.float64]
    """What a person brings, standard normal; it moves neither budgets nor how sought they are."""
    directors: NDArray[np.int64]
    """First and second director of each title, shape (n_titles, 2); -1 where there is none."""
    cast: NDArray[np.int64]
    """Actors in order of billing, shape (n_titles, CALLED); -1 in empty places."""
    writers: NDArray[np.int64]
    producers: NDArray[np.int64]
    composers: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.talent)

    @property
    def crews(self) -> dict[str, NDArray[np.int64]]:
        """Role to the people who had it in each title, shape (n_titles, n_places), -1 for none."""
        return {
            "director": self.directors,
            "actor": self.cast,
            "writer": self.writers,
            "producer": self.producers,
            "composer": self.composers,
        }


def cast_titles(plan: Plan, seed: int) -> People:
    """People for a world of these titles, and their part in them."""
    rng = stream(seed, "careers")
    sizes = {trade: max(FEWEST, round(share * len(plan))) for trade, share in PER_TITLE.items()}
    n_people = sum(sizes.values())
    trade = np.repeat(list(sizes), list(sizes.values()))
    first = rng.integers(1955, 2024, n_people)
    length = np.clip(CAREER_YEARS * rng.lognormal(0, 0.5, n_people), 3, 50)
    productivity = rng.lognormal(-0.4, 0.9, n_people)
    hiring = _Hiring(plan.years, trade, first, length, productivity, stream(seed, "hiring"))
    directors = _directors(plan, hiring, stream(seed, "directors"))
    writers = hiring.draw("writer", 3, (1.0, 0.5, 0.2))
    rng = stream(seed, "writers")
    writers[:, 0] = np.where(
        rng.random(len(plan)) < DIRECTOR_WRITES, directors[:, 0], writers[:, 0]
    )
    return People(
        trade=trade,
        first_year=first,
        last_year=first + length.astype(np.int64),
        productivity=productivity,
        talent=stream(seed, "talents").standard_normal(n_people),
        directors=directors,
        cast=_cast(plan, hiring, productivity, stream(seed, "billing")),
        writers=writers,
        producers=hiring.draw("producer", 2, (1.0, 0.6)),
        composers=hiring.draw("composer", 1, (0.8,)),
    )


class _Hiring:
    """Draws people of a trade for each title in proportion to how sought they are that year."""

    def __init__(
        self,
        years: NDArray[np.int64],
        trade: NDArray[np.str_],
        first: NDArray[np.int64],
        length: NDArray[np.float64],
        productivity: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        self._years, self._trade, self._rng = years, trade, rng
        self._first, self._length, self._productivity = first, length, productivity

    def draw(self, trade: str, places: int, chances: tuple[float, ...]) -> NDArray[np.int64]:
        """People per title, shape (n_titles, places), each place filled by chance; -1 for none.

        Nobody is drawn twice for a title.
        """
        of_trade = np.flatnonzero(self._trade == trade)
        drawn = np.empty((len(self._years), places), np.int64)
        for year in np.unique(self._years).tolist():
            titles = np.flatnonzero(self._years == year)
            sought = self._sought(of_trade, year)
            picks = pick_by_weight(self._rng, sought, len(titles) * places)
            drawn[titles] = of_trade[picks].reshape(len(titles), places)
        drawn[self._rng.random(drawn.shape) >= np.array(chances)] = -1
        return without_repeats(drawn)

    def _sought(self, people: NDArray[np.int64], year: int) -> NDArray[np.float64]:
        into = (year - self._first[people]) / self._length[people]
        prime = np.exp(-0.5 * ((into - PEAK_AT) / 0.35) ** 2)
        active = (into >= 0) & (into <= 1)
        sought = np.where(active, prime, 1e-9) * self._productivity[people]
        return np.asarray(sought, np.float64)


def without_repeats(drawn: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows without later occurrences of a person; -1 fills the places at the end."""
    kept = drawn.copy()
    for place in range(1, drawn.shape[1]):
        again = (drawn[:, :place] == drawn[:, place : place + 1]).any(axis=1)
        kept[again, place] = -1
    order = np.argsort(kept < 0, axis=1, kind="stable")
    return np.take_along_axis(kept, order, axis=1)


def _directors(plan: Plan, hiring: _Hiring, rng: np.random.Generator) -> NDArray[np.int64]:
    directors = hiring.draw("director", 2, (1.0, 0.06))
    stays = rng.random(len(plan)) < DIRECTOR_STAYS
    for place in range(2, int(plan.part.max(initial=0)) + 1):
        sequel = (plan.part == place) & stays
        directors[sequel] = directors[plan.previous[sequel]]
    return directors


def _cast(
    plan: Plan, hiring: _Hiring, productivity: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Three to eight actors per title; the most sought among those called tend to be billed first.

    A sequel keeps its lead by chance.
    """
    called = hiring.draw("actor", CALLED, (1.0,) * CALLED)
    fame = np.log(productivity)[called] + rng.normal(0, 0.7, called.shape)
    fame[called < 0] = -np.inf
    cast = np.take_along_axis(called, np.argsort(-fame, axis=1, kind="stable"), axis=1)
    size = rng.integers(3, CALLED, len(plan))
    cast[np.arange(CALLED) >= size[:, None]] = -1
    stays = rng.random(len(plan)) < LEAD_STAYS
    for place in range(2, int(plan.part.max(initial=0)) + 1):
        sequel = np.flatnonzero((plan.part == place) & stays)
        lead = cast[plan.previous[sequel], :1]
        cast[sequel] = without_repeats(np.hstack([lead, cast[sequel]]))[:, :CALLED]
    return cast
