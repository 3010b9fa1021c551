"""What a factorization machine says of profiles, given one draw of all but the viewers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.models.fm_blocks import over_root
from marquee.models.fm_chain import own_pairs
from marquee.models.fm_fold_in import meet, solve_members, sweep_members
from marquee.models.fm_responses import expected_noise
from marquee.models.sessions import Moments, session_starts, sessions_at

Users = NDArray[np.float64]
OneDraw = Mapping[str, NDArray[np.float32]]

ROUNDS = 4
"""Times that viewers, sessions, noise and latent ratings are brought in line with one another; once
is exact where there is nothing but viewers."""


class Profiles(NamedTuple):
    """What the profiles tell, whichever the draw."""

    moments: Moments
    items: NDArray[np.int32]
    """Item of each entry in the order of the moments."""
    ratings: NDArray[np.float64]
    edges: NDArray[np.int32]
    """Where the entries of each profile start, and the end."""
    sessions: Mapping[int, NDArray[np.int32]]
    """By gap, where sessions start, and the end; none where the profiles have no times."""
    calendar: Mapping[str, NDArray[np.int32]]
    """By kind, the unit of each entry."""
    implicit: csr_array
    """Shape (n_profiles, n_items): one over the root of the number of items."""
    traits: csr_array
    """Shape (n_profiles, n_traits)."""

    @classmethod
    def of(
        cls,
        profiles: Interactions,
        traits: csr_array,
        gaps: Sequence[int],
        units: Mapping[str, NDArray[np.int32]],
    ) -> Profiles:
        """The profiles, given traits of viewers and units of the calendar by stored entry."""
        moments = Moments.of(profiles)
        end = np.int32(len(moments.order))
        return cls(
            moments,
            np.array(profiles.matrix.indices)[moments.order],
            profiles.matrix.data[moments.order].astype(np.float64),
            np.array(profiles.matrix.indptr, np.int32),
            {
                gap: np.append(session_starts(moments, gap), end)
                for gap in gaps
                if profiles.times is not None
            },
            {kind: codes[moments.order] for kind, codes in units.items()},
            over_root(profiles.matrix),
            traits,
        )


class Folded(NamedTuple):
    """What is believed of profiles, weights in front of factors."""

    users: NDArray[np.float64]
    """What each viewer adds alone, and the sum of factors; shape (n_profiles, 1 + n_factors)."""
    sessions: Mapping[int, NDArray[np.float64]]
    """By gap, where the profiles have times; shape (n_sessions, 1 + n_factors)."""


class Asked(NamedTuple):
    """Pairs of a profile and an item, each with its moment where it is known."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    sessions: Mapping[int, NDArray[np.int32]]
    """By gap, the session that the moment belongs to, -1 for none."""
    calendar: Mapping[str, NDArray[np.int32]]
    """By kind, the unit that the moment falls in, -1 where it is not known."""


def folded(
    profiles: Profiles, draw: OneDraw, *, noise_prior: float, levels: NDArray[np.int64] | None
) -> Folded:
    """The viewers and sessions that are best believed given the draw.

    ``levels`` are those of the ratings in the order of the moments, for an ordered response.
    """
    given = _given(profiles, draw)
    rows, n = profiles.moments.rows, len(profiles.items)
    moment = _calendar_sums(draw, profiles.calendar, (n, given.shape[1]))
    said, totals = np.empty(n), np.empty((n, given.shape[1] - 1))
    meet(rows, profiles.items, given, draw["items"], moment, said, totals)
    if levels is None:
        e = profiles.ratings - said - float(draw["intercept"])
        precision = float(draw["precision"])
        weights = draw["item_noise"].astype(np.float64)[profiles.items]
    else:
        cuts = draw["cuts"].astype(np.float64)
        # The noise of an ordered response has variance 1 for everybody.
        noise_prior, precision, weights = 0.0, 1.0, np.ones(len(rows))
        e = expected_noise(cuts, said, levels)
        latent = said + e
    theta = np.zeros((len(given), given.shape[1]))
    noise = np.ones(len(theta))
    sessions = {
        gap: np.zeros((len(edges) - 1, given.shape[1])) for gap, edges in profiles.sessions.items()
    }
    means, sure = draw["user_prior"].astype(np.float64)
    once = levels is None and not sessions and noise_prior == 0
    for turn in range(1 if once else ROUNDS):
        if levels is not None and turn:
            said = latent - e
            e = expected_noise(cuts, said, levels)
            latent = said + e
        solve_members(
            profiles.edges, e, totals, weights, precision, means, sure, noise_prior, theta, noise
        )
        own_weights = precision * noise[rows] * weights
        for gap, own in sessions.items():
            average, certain = draw[f"session_{gap}"].astype(np.float64)
            sweep_members(profiles.sessions[gap], e, totals, own_weights, average, certain, own)
    given[:, 0] += theta[:, 0] + (given[:, 1:] * theta[:, 1:]).sum(axis=1)
    given[:, 1:] += theta[:, 1:]
    return Folded(given, sessions)


def said_of(asked: Asked, who: Folded, draw: OneDraw) -> NDArray[np.float64]:
    """What the machine says of each pair, shape (n_pairs,); a session that is none is average."""
    size, n = who.users.shape[1], len(asked.rows)
    moment = _calendar_sums(draw, asked.calendar, (n, size))
    if asked.sessions and not len(moment):
        moment = np.zeros((n, size))
    for gap, codes in asked.sessions.items():
        average = draw[f"session_{gap}"][0].astype(np.float64)
        _add(moment, np.vstack([who.sessions.get(gap, average[None][:0]), average])[codes])
    said = np.empty(n)
    meet(asked.rows, asked.columns, who.users, draw["items"], moment, said, np.empty((0, size - 1)))
    return np.asarray(said + float(draw.get("intercept", 0.0)))


def at_no_moment(who: Folded, draw: OneDraw, kinds: Sequence[str], gaps: Sequence[int]) -> Users:
    """The viewers at a moment of which nothing is known, intercept included."""
    moment = np.zeros((1, who.users.shape[1]))
    for kind in kinds:
        _add(moment, draw[kind][-1:].astype(np.float64))
    for gap in gaps:
        _add(moment, draw[f"session_{gap}"][:1].astype(np.float64))
    users = who.users + moment
    users[:, 0] += who.users[:, 1:] @ moment[0, 1:] + float(draw.get("intercept", 0.0))
    return users


def _add(total: NDArray[np.float64], term: NDArray[np.float64]) -> None:
    """Adds a term to sums that hold what a group of features says alone in front of its factors."""
    total[:, 0] += term[:, 0] + (total[:, 1:] * term[:, 1:]).sum(axis=1)
    total[:, 1:] += term[:, 1:]


def _given(profiles: Profiles, draw: OneDraw) -> NDArray[np.float64]:
    """What traits and the set of rated items say of each viewer; as :attr:`Folded.users`."""
    size = draw["items"].shape[-1]
    total = np.zeros((profiles.traits.shape[0], size))
    squares = np.zeros(len(total))
    for name, matrix in (("traits", profiles.traits), ("implicit", profiles.implicit)):
        if name in draw:
            values = draw[name].astype(np.float64)
            total += matrix @ values
            squares += matrix.power(2) @ (values[:, 1:] ** 2).sum(axis=1)
    total[:, 0] += own_pairs(total[:, 1:], squares)
    return total


def _calendar_sums(
    draw: OneDraw, codes: Mapping[str, NDArray[np.int32]], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """What the calendar adds alone to each entry, in front of its factors; of the given shape.

    The last row of a kind stands for a moment that is not known, or that nobody rated at. Without
    any kind there are no rows.
    """
    if not codes:
        return np.zeros((0, shape[1]))
    total = np.zeros(shape)
    for kind, units in codes.items():
        _add(total, draw[kind].astype(np.float64)[units])
    return total


def asked_pairs(
    profiles: Profiles,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    times: NDArray[np.int64] | None,
    gaps: Sequence[int],
    units: Mapping[str, NDArray[np.int32]],
) -> Asked:
    """The pairs with the sessions that their moments belong to."""
    none = np.full(len(rows), -1, np.int32)
    if times is None or not profiles.sessions:
        return Asked(rows, columns, dict.fromkeys(gaps, none), units)
    sessions = {gap: sessions_at(profiles.moments, rows, times, gap) for gap in gaps}
    return Asked(rows, columns, sessions, units)
