"""A neural network over embeddings of viewers and titles that needs no training for new viewers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import CLOCKS
from marquee.models.base import Recommender
from marquee.models.offsets import Scale, on_scale
from marquee.models.sessions import calendar
from marquee.models.side_codes import TitleFacts, Traits, trait_parts
from marquee.models.torch_kit import array_of, cooled, device_of, dropped, one_thread, torch_for
from marquee.models.torch_ratings import (
    INPUT_SCALE,
    Told,
    from_none,
    left_out_errors,
    packs_of,
    penalty,
    start,
    title_side,
)

USES = ("implicit", "flipped", "viewers", "titles")
CALENDAR = ("week", "hour")
"""What of a moment is learned from where the clock is ``full``."""


@dataclass(kw_only=True, eq=False)
class NeuralRatings(Recommender):
    r"""Scores each item by a network over an embedding of the title and one of the viewer.

    .. math:: \hat r_{ui} = \mu + b_i + s z_{u0} + z_u^\top x_i +
              a^\top \mathrm{ReLU}\big(H [z_u, x_i, z_u \circ x_i] + h\big)

    A title's embedding x sums one of its own, those of its genres and year and, over the root of
    their number, those of the viewers who rated it ("flipped"). A viewer's embedding is computed
    from the profile and never stored: a prior p, which sums the embeddings of age, gender,
    occupation and postal code and, over the root of their number, those of the titles rated at all
    ("implicit"), moved by the viewing history, the deviations of the ratings weighting the
    embeddings of their titles,

    .. math:: z_u = p_u + (X^\top X + I)^{-1} X^\top (r - \mu - b - X p_u)

    with the rows of X the embeddings :math:`(x_i, s)` of the profile. The network learns through
    this closed form: each training rating is predicted from the viewer's *other* ratings, which
    costs one factorization per viewer since left-out solutions of ridge regression have a closed
    form too, and the squared errors are minimized by Adam over packs of viewers of like length,
    with dropout on embeddings and hidden units. Several networks, from other seeds, are averaged.
    With the clock ``full`` the week and the hour of a rating have offsets of their own, which are
    taken off the profile's ratings and added to what is predicted at a known moment; with the other
    clocks no time is looked at.

    So a profile never seen in training is folded in at once by what training did for its own, and
    nothing is learned anew. An empty profile has the prior of its traits, and of a title that
    nobody has rated little more than genres and year is known. Text is not read.

    The defaults were chosen on a validation tenth of the training ratings of fold u1 of MovieLens
    100K (``python benchmarks/choose_predictors.py --model neural-ratings``).

    References
    ----------
    X. He, L. Liao, H. Zhang, L. Nie, X. Hu and T.-S. Chua, "Neural collaborative filtering", WWW
    2017, section 3 (the head over both embeddings and their product).
    L. Bertinetto, J. F. Henriques, P. Torr and A. Vedaldi, "Meta-learning with differentiable
    closed-form solvers", ICLR 2019, equation 6 (learning through ridge regression).
    C. E. Rasmussen and C. K. I. Williams, "Gaussian processes for machine learning", 2006, section
    5.4.2 (left-out predictions in closed form).
    """

    factors: int = 32
    """Numbers in an embedding."""
    hidden: int = 0
    """Hidden units of the head; 0 for the product alone, which errs less on ML-100K."""
    epochs: int = 5
    """Passes over the viewers, per network."""
    packs: int = 16
    """Packs that an epoch takes the viewers in, at most one step each."""
    learning_rate: float = 0.005
    """Step of Adam; it falls over the second half of the epochs."""
    l2: float = 250.0
    """Penalty on embeddings of titles and viewers, in units of the squared error."""
    l2_facts: float = 60.0
    """Penalty on embeddings of genres, years and traits, and on the head."""
    dropout: float = 0.1
    """Share of the embeddings' numbers that sit out each step; below 1."""
    head_dropout: float = 0.5
    """Share of the head's hidden units that sit out each step; below 1."""
    n_networks: int = 4
    """Networks that are averaged."""
    use: tuple[str, ...] = USES
    """Which of ``implicit``, ``flipped``, ``viewers`` and ``titles`` to learn from."""
    clock: str = "none"
    """Which times may be looked at: those of all entries with ``full``, else none."""
    seed: int = 0

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    weights_: dict[str, NDArray[np.float32]] = field(init=False, repr=False)
    """What predictions need of each network, by name; the network is the first dimension."""
    viewers_: IdIndex = field(init=False, repr=False)
    """The viewers that were told of."""
    traits_: NDArray[np.int32] = field(init=False, repr=False)
    """Group of each of them in each trait, -1 for none; shape (n_viewers, n_traits)."""
    units_: dict[str, NDArray[np.int64]] = field(init=False, repr=False)
    """By kind of the calendar, the units in which somebody rated."""

    _titles: pl.DataFrame | None = field(init=False, repr=False, default=None)
    _viewers: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "epochs", "packs", "n_networks")
        self.check_at_least(0, "hidden", "learning_rate", "l2", "l2_facts", "seed")
        self.check_at_least(0, "dropout", "head_dropout")
        for name in ("dropout", "head_dropout"):
            if getattr(self, name) >= 1:
                raise ParameterError(
                    f"{name} of NeuralRatings must be below 1, got {getattr(self, name)}"
                )
        if self.clock not in CLOCKS:
            raise ParameterError(
                f"clock of NeuralRatings must be one of {', '.join(CLOCKS)}, got {self.clock!r}"
            )
        for odd in set(self.use) - set(USES):
            raise ParameterError(
                f"use of NeuralRatings holds names out of {', '.join(USES)}, got {odd!r}"
            )

    def use_titles(self, titles: pl.DataFrame) -> Self:
        """Takes in ``title_id`` and, where they are known, ``genres`` and ``year``."""
        self._titles = titles
        return self

    def use_viewers(self, viewers: pl.DataFrame) -> Self:
        """Takes in ``viewer_id`` and any of age, gender, occupation and zip_code."""
        self._viewers = viewers
        return self

    def _fit(self, train: Interactions) -> None:
        torch = torch_for("NeuralRatings")
        traits = Traits.of(self._viewers if "viewers" in self.use else None)
        self.viewers_, self.traits_ = traits
        self.scale_ = np.array(Scale.of(train))
        times = train.times if len(train) and self.clock == "full" else None
        self.units_ = {} if times is None else {k: np.unique(calendar(times, k)) for k in CALENDAR}
        with one_thread(torch):
            told = self._told(torch, train, device_of(torch))
            learned = [self._learned(torch, train, told, place) for place in range(self.n_networks)]
        self.weights_ = {name: np.stack([one[name] for one in learned]) for name in learned[0]}

    def _told(self, torch: Any, train: Interactions, device: str) -> Told:
        """What is known beside the ratings."""
        facts = TitleFacts.of(self._titles if "titles" in self.use else None, train.items)
        none = csr_array((train.n_items, 0), dtype=np.float64)
        titles = hstack([none, *facts.parts()]).toarray().astype(np.float32)
        by_title = train.matrix.tocsc()
        counts = np.diff(by_title.indptr)
        shares = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
        arrays = (
            titles,
            self._traits_of(train.users),
            by_title.indices.astype(np.int64),
            by_title.indptr[:-1].astype(np.int64),
            shares,
        )
        n_moments = sum(len(units) for units in self.units_.values())
        tensors = (torch.from_numpy(array).to(device) for array in arrays)
        known, own, raters, starts, shares = tensors
        return Told(known, own, raters, starts, shares, n_moments)

    def _traits_of(self, users: IdIndex) -> NDArray[np.float32]:
        """One where a user is of a group of a trait, shape (n_users, n_groups)."""
        traits = Traits(self.viewers_, self.traits_)
        none = csr_array((len(users), 0), dtype=np.float64)
        parts = trait_parts(traits.of_users(users), traits.sizes)
        return np.asarray(hstack([none, *parts]).toarray(), np.float32)

    def _learned(
        self, torch: Any, train: Interactions, told: Told, place: int
    ) -> dict[str, NDArray[np.float32]]:
        """What predictions need of one network, which is the ``place``-th."""
        chance = torch.Generator().manual_seed(self.seed + place)
        w = start(torch, train.matrix.shape, told, self.factors, self.hidden, chance)
        flipped, implicit = "flipped" in self.use and len(train) > 0, "implicit" in self.use
        moments = self._moments(train.times, len(train))
        device = str(told.titles.device)
        packs = packs_of(torch, train, self.scale_[0], moments, self.packs, device)
        optimizer = torch.optim.Adam(list(w.values()), lr=self.learning_rate, betas=(0.9, 0.99))
        done, total = 0, self.epochs * len(packs)
        for epoch in range(self.epochs):
            for at in torch.randperm(len(packs), generator=chance).tolist():
                for group in optimizer.param_groups:
                    group["lr"] = cooled(self.learning_rate, done, total)
                optimizer.zero_grad()
                embeddings, offsets = title_side(torch, w, told, flipped=flipped)
                errors = left_out_errors(
                    torch,
                    w,
                    packs[at],
                    told,
                    (dropped(torch, embeddings, self.dropout, chance), offsets),
                    implicit=implicit,
                    dropout=self.head_dropout,
                    chance=chance,
                )
                share = float(packs[at].mask.sum()) / len(train)
                loss = (errors**2).sum() + share * penalty(w, l2=self.l2, l2_facts=self.l2_facts)
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
                optimizer.step()
                done += 1
            self._epoch_done(place * self.epochs + epoch + 1, self.n_networks * self.epochs)
        with torch.no_grad():
            embeddings, offsets = title_side(torch, w, told, flipped=flipped)
        kept = {"embeddings": embeddings, "offsets": offsets}
        names = ("rated", "traits", "strictness", "head", "head_bias", "out")
        kept |= {name: w[name] for name in names}
        kept["calendar"] = from_none(torch, w["calendar"])
        if not implicit:
            kept["rated"] = torch.zeros_like(w["rated"])
        arrays = {name: array_of(each) for name, each in kept.items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ParameterError(
                f"learning_rate {self.learning_rate:g} is too high for these ratings: "
                "the embeddings grew without end; lower it"
            )
        return arrays

    def _moments(self, times: NDArray[np.int64] | None, n: int) -> NDArray[np.int64]:
        """Units of the calendar for each of n moments, from 1, shape (n, n_kinds); 0 for none."""
        found, first = np.zeros((n, max(len(self.units_), 1)), np.int64), 1
        for column, (kind, units) in enumerate(self.units_.items()):
            if times is not None:
                wanted = calendar(times, kind)
                place = np.minimum(np.searchsorted(units, wanted), len(units) - 1)
                found[:, column] = np.where(units[place] == wanted, first + place, 0)
            first += len(units)
        return found

    def _networks(self) -> list[dict[str, NDArray[np.float32]]]:
        return [
            {name: array[place] for name, array in self.weights_.items()}
            for place in range(len(self.weights_["offsets"]))
        ]

    def _viewers_of(
        self, profiles: Interactions, w: dict[str, NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Embeddings of the profiles' viewers, strictness last, (n_profiles, factors + 1)."""
        matrix = profiles.matrix
        strictness = np.exp(w["strictness"])
        prior = self._traits_of(profiles.users) @ w["traits"]
        calendar_offsets = w["calendar"][self._moments(profiles.times, len(profiles))].sum(axis=1)
        left = matrix.data - np.float32(self.scale_[0]) - w["offsets"][matrix.indices]
        left -= calendar_offsets
        for row in np.flatnonzero(np.diff(matrix.indptr)):
            entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
            titles = matrix.indices[entries]
            x = w["embeddings"][titles]
            prior[row, :-1] += w["rated"][titles].sum(axis=0) / np.sqrt(np.float32(len(titles)))
            X = np.column_stack([x, np.full(len(x), strictness)])
            A = X.T @ X + np.eye(X.shape[1], dtype=np.float32)
            prior[row] += np.linalg.solve(A, X.T @ (left[entries] - X @ prior[row]))
        prior[:, -1] *= strictness
        return prior

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores = np.zeros((profiles.n_users, profiles.n_items), np.float32)
        for w in self._networks():
            z, x = self._viewers_of(profiles, w), w["embeddings"]
            for row in range(profiles.n_users):
                scores[row] += x @ z[row, :-1] + z[row, -1] + w["offsets"]
                scores[row] += _head(np.broadcast_to(z[row, :-1], x.shape), x, w)
        return np.float32(self.scale_[0]) + scores / np.float32(self.n_networks)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs at no known moment, within the range of the data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        return self._predicted(profiles, at, to, None)

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs at those Unix seconds, within the range of the data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        moments = np.asarray(times, np.int64)
        if moments.shape != at.shape:
            raise ParameterError(f"{moments.size} times for {at.size} pairs; they are aligned")
        return self._predicted(profiles, at, to, moments)

    def _predicted(
        self,
        profiles: Interactions,
        rows: NDArray[np.int32],
        columns: NDArray[np.int32],
        times: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        people, person = np.unique(rows, return_inverse=True)
        profiles = profiles.take(people)
        moments = self._moments(times, len(rows))
        total = np.zeros(len(rows), np.float32)
        for w in self._networks():
            viewers = self._viewers_of(profiles, w)[person]
            z, x = viewers[:, :-1], w["embeddings"][columns]
            total += np.einsum("ij,ij->i", z, x) + viewers[:, -1] + w["offsets"][columns]
            total += w["calendar"][moments].sum(axis=1) + _head(z, x, w)
        return on_scale(np.float32(self.scale_[0]) + total / self.n_networks, self.scale_)


def _head(
    z: NDArray[np.float32], x: NDArray[np.float32], w: dict[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """What the hidden units add for pairs of embeddings, shape (n_pairs,)."""
    if not w["out"].size:
        return np.zeros(len(z), np.float32)
    units = np.concatenate([z, x, INPUT_SCALE * z * x], axis=1) * np.float32(INPUT_SCALE)
    return np.asarray(np.maximum(units @ w["head"] + w["head_bias"], 0) @ w["out"])
