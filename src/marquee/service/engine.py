"""Outside ids in, records for a reader out: one engine for every face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, UnknownIdError
from marquee.lifecycle.fitting import current_model
from marquee.lifecycle.saving import load
from marquee.models.abilities import ExplainsScores, FindsSimilarItems
from marquee.models.base import Recommender
from marquee.service.catalog import Catalog
from marquee.service.records import FICTIONAL, Answer, Reason, Suggestion, TitleCard

LIKED = 5.0
"""Rating given to a title that somebody says they like."""


class Engine:
    """Answers from one workspace and one of its saved models.

    A viewer is known by the ratings in the workspace, a visitor by the titles they name; both are
    a profile to the model, so nobody waits for a retraining.
    """

    def __init__(self, workspace: Workspace, model: str | None = None) -> None:
        self._workspace = workspace
        self.model_name = model or current_model(workspace)
        self.snapshot = workspace.snapshot or ""
        titles = workspace.frame("titles")
        self.catalog = Catalog(titles)
        self._model: Recommender = load(workspace.models / self.model_name)
        known = set(self._model.items_)
        kinds = dict(titles.select("title_id", "kind").iter_rows())
        self._kinds = np.array([kinds.get(title, "") for title in self._model.items_])
        fictional = (titles["source"] == "world").any()
        self._notes: tuple[str, ...] = (FICTIONAL,) if fictional else ()
        if len(known) != titles.height or known != set(titles["title_id"]):
            self._notes += ("Titles changed since the model was fitted; run `marquee fit`.",)

    def recommend(
        self,
        *,
        viewer_id: int | None = None,
        like: Sequence[str] = (),
        k: int = 10,
        kind: str | None = None,
        n_reasons: int = 2,
    ) -> Answer:
        """The k best unseen titles for a viewer, for the titles somebody likes, or for both.

        With neither, or for a viewer without ratings, the list is what the model offers to someone
        of whom it knows nothing.

        Raises
        ------
        AmbiguousTitleError
            If a name in ``like`` fits no title, or several.
        UnknownIdError
            If there is no such viewer.
        ParameterError
            If k is below 1 or no title is of that kind.
        """
        liked = [self.catalog.find(text) for text in like]
        history = {} if viewer_id is None else self._history(viewer_id)
        history |= {card.title_id: LIKED for card in liked}
        profile = self._profile(history, 1)
        items, scores = self._model.recommend(profile, k, candidates=self._candidates(kind))
        found = items[0][items[0] >= 0]
        reasons = self._reasons(history, found, n_reasons)
        picks = tuple(
            Suggestion(self._card(item), float(score), why)
            for item, score, why in zip(found, scores[0], reasons, strict=False)
        )
        return self._answer(_based_on(viewer_id, history, liked), picks)

    def similar(self, text: str, k: int = 10, kind: str | None = None) -> Answer:
        """The k titles most like the one named.

        Raises
        ------
        AmbiguousTitleError
            If the name fits no title, or several.
        ParameterError
            If the model cannot compare titles.
        """
        card = self.catalog.find(text)
        if not isinstance(self._model, FindsSimilarItems):
            raise ParameterError(
                f"model {self.model_name} does not compare titles; fit one that does, "
                "such as ease or content"
            )
        column = self._model.items_.positions([card.title_id])
        asked = k if kind is None else len(self._model.items_)
        items, scores = self._model.similar(column, asked)
        allowed = self._candidates(kind)
        picks = tuple(
            Suggestion(self._card(item), float(score))
            for item, score in zip(items[0], scores[0], strict=True)
            if item >= 0 and (allowed is None or allowed[item])
        )
        return self._answer(f"titles like {card}", picks[:k])

    def favorites(self, viewer_id: int, n: int = 5) -> tuple[Reason, ...]:
        """The viewer's own best-rated titles, ties by name; shares are equal."""
        history = self._history(viewer_id)
        best = sorted(
            ((self.catalog.card(title), rating) for title, rating in history.items()),
            key=lambda pair: (-pair[1], pair[0].name),
        )
        return tuple(Reason(card, rating, 1 / len(history)) for card, rating in best[:n])

    def _answer(self, based_on: str, picks: tuple[Suggestion, ...]) -> Answer:
        return Answer(based_on, picks, self.model_name, self.snapshot, self._notes)

    def _card(self, item: np.int32) -> TitleCard:
        return self.catalog.card(int(self._model.items_.ids[item]))

    def _history(self, viewer_id: int) -> dict[int, float]:
        """Title ids and ratings of a viewer."""
        mine = pl.col("viewer_id") == viewer_id
        rated = self._workspace.scan("ratings").filter(mine).select("title_id", "rating").collect()
        if rated.is_empty() and self._workspace.scan("viewers").filter(mine).collect().is_empty():
            viewers = self._workspace.scan("viewers").select("viewer_id")
            low, high = (
                viewers.select(pl.min("viewer_id"), pl.max("viewer_id").alias("max"))
                .collect()
                .row(0)
            )
            raise UnknownIdError(f"there is no viewer {viewer_id}; ids run from {low} to {high}")
        return dict(rated.iter_rows())

    def _profile(self, history: dict[int, float], n_copies: int) -> Interactions:
        """The history as so many equal profiles over the model's catalog."""
        items = self._model.items_
        known = {title: rating for title, rating in history.items() if title in items}
        titles = np.tile(np.array(list(known), np.int64), n_copies)
        return Interactions.from_arrays(
            np.repeat(np.arange(n_copies), len(known)),
            titles,
            np.tile(np.array(list(known.values()), np.float32), n_copies),
            user_index=IdIndex(np.arange(n_copies)),
            item_index=items,
        )

    def _candidates(self, kind: str | None) -> NDArray[np.bool_] | None:
        if kind is None:
            return None
        of_kind: NDArray[np.bool_] = self._kinds == kind
        if not of_kind.any():
            raise ParameterError(f"there is no title of kind {kind!r}; kinds are film and show")
        return of_kind

    def _reasons(
        self, history: dict[int, float], picks: NDArray[np.int32], n: int
    ) -> list[tuple[Reason, ...]]:
        """For each pick the titles of the history that raised its score most."""
        if not isinstance(self._model, ExplainsScores) or not history or not len(picks):
            return [()] * len(picks)
        profiles = self._profile(history, len(picks))
        parts = self._model.contributions(profiles, picks)
        bounds = profiles.matrix.indptr
        reasons = []
        for row in range(len(picks)):
            columns = profiles.matrix.indices[bounds[row] : bounds[row + 1]]
            added = parts[bounds[row] : bounds[row + 1]]
            raised = float(added[added > 0].sum())
            best = [place for place in np.argsort(-added, kind="stable")[:n] if added[place] > 0]
            cards = [(self._card(columns[place]), float(added[place])) for place in best]
            reasons.append(
                tuple(Reason(card, history[card.title_id], part / raised) for card, part in cards)
            )
        return reasons


def _based_on(viewer_id: int | None, history: dict[int, float], liked: list[TitleCard]) -> str:
    rated = len(history) - len({card.title_id for card in liked})
    own = f"{rated} rating(s) of viewer {viewer_id}" if rated and viewer_id is not None else ""
    named = f"liking {', '.join(map(str, liked))}" if liked else ""
    both = " and ".join(filter(None, [own, named]))
    return both or "what viewers like on the whole, for nothing is known of this one"
