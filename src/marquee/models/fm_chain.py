"""The blocks of a factorization machine for ratings, and what is kept of each draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from marquee.data.interactions import Interactions
from marquee.models.fm_blocks import Block, block, one_hot, over_root
from marquee.models.fm_responses import GaussianResponse, OrderedResponse
from marquee.models.gibbs import Draw, chain
from marquee.models.sessions import Moments, calendar, session_starts

Draws = dict[str, NDArray[np.float32]]
"""What is kept of each draw, by name; the first dimension of each array is the draw."""


class Side(NamedTuple):
    """A block whose features have names by group, of which those that no case has are left out."""

    parts: Mapping[str, csr_array]
    """All features of each group, shape (n_rows, n_features)."""
    kept: Mapping[str, NDArray[np.int64]]
    """The columns of each group that some case has."""
    block: Block
    matrix: csr_array
    """All features of all groups, side by side."""
    squared: csr_array

    @classmethod
    def of(cls, parts: Mapping[str, csr_array], index: NDArray[np.int32]) -> Side:
        """The side of those parts, where ``index`` holds the row of each case."""
        n_rows = next(iter(parts.values())).shape[0]
        met = np.zeros(n_rows)
        met[index] = 1
        parts = {name: part for name, part in parts.items() if part.shape[1]}
        kept = {name: np.flatnonzero(abs(part).T @ met) for name, part in parts.items()}
        own = block([parts[name][:, kept[name]] for name in parts], index)
        matrix = csr_array(hstack(list(parts.values()), format="csr"))
        return cls(parts, kept, own, matrix, matrix.power(2))

    def filled(self, values: NDArray[np.float64], means: NDArray[np.float64]) -> Values:
        """The values of each group, the last dimension over all its features.

        One that no case has is best believed to be the mean of its group.
        """
        ends = np.cumsum([0, *(len(self.kept[name]) for name in self.parts)])
        found = {}
        for place, (name, part) in enumerate(self.parts.items()):
            own = np.repeat(means[..., place, None], part.shape[1], axis=-1)
            own[..., self.kept[name]] = values[..., ends[place] : ends[place + 1]]
            found[name] = own
        return found


Values = dict[str, NDArray[np.float64]]


class Settings(NamedTuple):
    """What a fit is asked for."""

    n_factors: int
    burn_in: int
    n_draws: int
    thinning: int
    implicit: bool
    flipped: bool
    session_gaps: tuple[int, ...]
    calendar: Mapping[str, NDArray[np.int64]]
    """The units of each kind that occur, ascending."""


def sides(
    train: Interactions,
    traits: list[csr_array],
    facts: list[csr_array],
    settings: Settings,
) -> list[Side]:
    """The blocks of viewers, titles and, where sessions or a calendar are asked for, moments.

    Cases are in the order of :class:`Moments`.
    """
    moments = Moments.of(train)
    columns = np.array(train.matrix.indices)[moments.order]
    people, titles = (np.arange(n, dtype=np.int32) for n in train.matrix.shape)
    of_users = {"user": one_hot(people, train.n_users)}
    of_users |= {f"trait {place}": part for place, part in enumerate(traits)}
    of_items = {"item": one_hot(titles, train.n_items)}
    of_items |= {f"fact {place}": part for place, part in enumerate(facts)}
    if settings.implicit:
        of_users["implicit"] = over_root(train.matrix)
    if settings.flipped:
        of_items["flipped"] = over_root(train.matrix.T.tocsr())
    found = [Side.of(of_users, moments.rows), Side.of(of_items, columns)]
    if settings.session_gaps or settings.calendar:
        found.append(_moments_side(moments, settings))
    return found


def _moments_side(moments: Moments, settings: Settings) -> Side:
    """The block whose rows are the distinct combinations of sessions and units of the calendar."""
    n = len(moments.rows)
    labels = {}
    for gap in settings.session_gaps:
        starts = session_starts(moments, gap)
        labels[f"session {gap}"] = np.searchsorted(starts, np.arange(n), side="right") - 1
    for kind, units in settings.calendar.items():
        labels[kind] = np.searchsorted(units, calendar(moments.times, kind))
    distinct, index = np.unique(np.stack(list(labels.values())), axis=1, return_inverse=True)
    sizes = [int(label.max(initial=-1)) + 1 for label in labels.values()]
    parts = {
        name: one_hot(codes.astype(np.int32), size)
        for name, codes, size in zip(labels, distinct, sizes, strict=True)
    }
    return Side.of(parts, index.astype(np.int32).ravel())


def kept_draws(
    blocks: list[Side],
    response: GaussianResponse | OrderedResponse,
    settings: Settings,
    rng: np.random.Generator,
    tell: Callable[[int, int], None],
) -> Draws:
    """What is kept of ``n_draws`` states of the chain, ``thinning`` passes apart."""
    n_passes = settings.burn_in + settings.n_draws * settings.thinning
    states = chain(
        [side.block for side in blocks],
        response,
        n_factors=settings.n_factors,
        n_draws=n_passes,
        rng=rng,
    )
    kept: list[dict[str, NDArray[np.float64]]] = []
    for done, draw in enumerate(states, start=1):
        if done > settings.burn_in and (done - settings.burn_in) % settings.thinning == 0:
            kept.append(dict(_told(blocks, draw)) | _response_told(response))
        tell(done, n_passes)
    return {
        name: np.stack([one[name] for one in kept]).astype(np.float32, order="C")
        for name in kept[0]
    }


def _response_told(
    response: GaussianResponse | OrderedResponse,
) -> dict[str, NDArray[np.float64]]:
    if isinstance(response, OrderedResponse):
        return {"cuts": response.cuts.copy()}
    told = {"intercept": np.array(response.intercept), "precision": np.array(response.precision)}
    return told | {"item_noise": response.factors[1].copy()}


def _told(blocks: list[Side], draw: Draw) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """What predictions need of a draw: all but what belongs to a viewer or a session alone.

    Weights come in front of factors, shape (..., 1 + n_factors), but for titles: what a title adds
    by itself stands in the place of its weight.
    """
    users, items, *moments = (
        side.filled(np.vstack([w, V]), np.vstack([wp.means, vp.means]))
        for side, w, V, wp, vp in zip(
            blocks, draw.weights, draw.factors, draw.weight_priors, draw.factor_priors, strict=True
        )
    )
    yield "user_prior", _prior(draw, 0, 0)
    traits = [values.T for name, values in users.items() if name.startswith("trait ")]
    if traits:
        yield "traits", np.concatenate(traits)
    if "implicit" in users:
        yield "implicit", users["implicit"].T
    values = np.hstack(list(items.values()))
    sums = blocks[1].matrix @ values.T
    sums[:, 0] += own_pairs(sums[:, 1:], blocks[1].squared @ (values[1:] ** 2).sum(axis=0))
    yield "items", sums
    if moments:
        names = list(blocks[2].parts)
        for name, found in moments[0].items():
            place = names.index(name)
            if name.startswith("session "):
                yield name.replace(" ", "_"), _prior(draw, 2, place)
            else:
                mean = _prior(draw, 2, place)[0]
                yield name, np.vstack([found.T, mean])


def _prior(draw: Draw, side: int, group: int) -> NDArray[np.float64]:
    """Means and precisions of a group, shape (2, 1 + n_factors)."""
    weights, factors = draw.weight_priors[side], draw.factor_priors[side]
    return np.stack(
        [np.append(w[group], v[:, group]) for w, v in zip(weights, factors, strict=True)]
    )


def own_pairs(sums: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the pairs among a row's own features add, from sums of factors and of their squares."""
    return np.asarray(((sums**2).sum(axis=-1) - squares) / 2)
