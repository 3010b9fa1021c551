"""Outside ids in, records for a reader out: one engine for every face."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from marquee.data.workspace import Workspace
from marquee.service.asking import asked, based_on
from marquee.service.filters import EVERYTHING, Filters
from marquee.service.library import Library
from marquee.service.lists import Lists
from marquee.service.pages import viewer_page
from marquee.service.people import LIKED
from marquee.service.predicting import predict
from marquee.service.questions import tastes, to_rate
from marquee.service.reasons import reasons
from marquee.service.records import (
    Answer,
    Explanation,
    Predictions,
    Tastes,
    TitleCard,
    ViewerPage,
)
from marquee.service.taste import AS_SCORED, NEUTRAL, Taste, rerank
from marquee.service.warming import warm_up

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

ASKERS_KEPT = 16
"""Viewers whose scores are kept: a page asks several lists for the same one."""


class Engine(Lists):
    """Answers from one workspace, one of its saved models, and what viewers said.

    A viewer is known by the ratings in the workspace and by feedback, a visitor by the titles they
    name; all are a profile to the model, so nobody waits for a retraining: what was said a moment
    ago is part of the next answer. The tastes that a viewer picked stand in for a history until
    they have one. What is the same for everybody (popular, latest and similar titles, the catalog,
    search) is in :class:`Lists`. Every answer names the model and the data that it came from. Safe
    to use from many threads.
    """

    def __init__(
        self,
        workspace: Workspace,
        model: str | None = None,
        *,
        feedback: FeedbackStore | None = None,
        library: Library | None = None,
    ) -> None:
        super().__init__(library or Library.open(workspace, model), feedback)
        # A person is what is known at one revision, and another one after every change.
        self._asked = lru_cache(maxsize=ASKERS_KEPT)(partial(asked, self.library))

    def warm_up(self) -> None:
        """Makes all that is made when first asked for, so that no visitor waits for it."""
        warm_up(self)

    # Picks

    def recommend(
        self,
        *,
        viewer_id: int | None = None,
        like: Sequence[str] = (),
        ratings: Mapping[int, float] | None = None,
        k: int = 10,
        after: Sequence[int] = (),
        filters: Filters = EVERYTHING,
        taste: Taste = NEUTRAL,
        candidates: Sequence[int] | None = None,
        n_reasons: int = 2,
    ) -> Answer:
        """The k best titles for a viewer, a visitor, or both; or the next k after those shown.

        A visitor names titles they like, or rates titles by number. With nothing known the list is
        what the model offers to someone of whom it knows nothing. Filters apply before ranking, so
        a list is short only where too few titles qualify; ``candidates`` are the title numbers that
        may appear.

        ``after`` are the numbers of the titles that were shown before, in order: the list goes on
        behind them, and no title comes twice or is passed over, whatever was said in between. Caps
        count over all of it; a genre that the filters ask for has none.

        Raises
        ------
        AmbiguousTitleError
            If a name in ``like`` fits no title, or several.
        UnknownIdError
            If there is no such viewer, or a candidate is no title of the model.
        ParameterError
            If k is below 1, or a filter asks for what no title has.
        """
        k = self._at_most(k)
        named = {self.catalog.find(text).title_id: LIKED for text in like}
        asker = self._asked(self.person(viewer_id, dict(ratings or {}) | named))
        mask = filters.mask(self.library.facts, asker.person.sets)
        if candidates is not None:
            among = np.zeros(len(mask), np.bool_)
            among[self._places(candidates)] = True
            mask &= among
        facts = self.library.facts
        shown = self.library.places(after)
        order = rerank(
            asker.scores,
            facts,
            taste,
            k,
            candidates=mask,
            shown=shown[shown >= 0],
            asked_genres=[facts.genres.number(g) for g in (*filters.genres, *filters.genres_all)],
        )
        picks = order[order >= 0]
        why = reasons(self.library, asker, picks, n_reasons)
        found = tuple(
            self._suggestion(pick, asker.scores, because)
            for pick, because in zip(picks.tolist(), why, strict=True)
        )
        return self._said(based_on(self.library, asker), found, mask)

    def rank(
        self, title_ids: Sequence[int], *, viewer_id: int | None = None, n_reasons: int = 0
    ) -> Answer:
        """The given titles, all of them, in the order in which the viewer would want them.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or no such title.
        """
        distinct = list(dict.fromkeys(title_ids))
        return self.recommend(
            viewer_id=viewer_id,
            k=max(len(distinct), 1),
            filters=Filters(exclude=()),
            taste=AS_SCORED,
            candidates=distinct,
            n_reasons=n_reasons,
        )

    def worth_rating(
        self, viewer_id: int | None = None, n: int = 10, *, without: Collection[int] = ()
    ) -> Answer:
        """Up to n titles whose rating would teach most, none that the viewer spoke of.

        Every fourth is one that few have rated. ``without`` are title numbers to leave out. Scores
        are how much people disagree about a title, in bits.

        Raises
        ------
        UnknownIdError
            If there is no such viewer.
        ParameterError
            If n is below 1.
        """
        asker = self.person(viewer_id)
        places, free = to_rate(self.library, asker.sets, n, without)
        picks = tuple(self._suggestion(place, self.library.entropy) for place in places.tolist())
        return self._said("how much a rating would teach", picks, free)

    # One title, for one viewer

    def predict(self, viewer_id: int | None, title_ids: Sequence[int]) -> Predictions:
        """What the viewer would give each title, with a word on how far to trust it.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or no such title.
        ParameterError
            If no rating model was fitted.
        """
        asker = self.person(viewer_id)
        guesses = tuple(predict(self.library, asker, self._places(title_ids)))
        return Predictions(predictions=guesses, **self.source)

    def explain(self, viewer_id: int, title_id: int, n_reasons: int = 5) -> Explanation:
        """The title with its score for the viewer and the viewer's titles that raised it most.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or no such title.
        """
        asker = self._asked(self.person(viewer_id))
        column = self._places([title_id])
        [why] = reasons(self.library, asker, column, n_reasons)
        suggestion = self._suggestion(int(column[0]), asker.scores, why)
        return Explanation(suggestion=suggestion, **self.source)

    # One viewer

    def viewer(self, viewer_id: int) -> ViewerPage:
        """What is known of a viewer: choices, ratings, and their own sets of titles.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or the viewer was erased.
        """
        return viewer_page(self.library, viewer_id, self.person(viewer_id))

    def tastes(self) -> Tastes:
        """The tastes that somebody new may pick; their names go into the settings."""
        return tastes(self.library)

    def favorites(self, viewer_id: int, n: int = 5) -> tuple[tuple[TitleCard, float], ...]:
        """The viewer's own best-rated titles with their stars, ties by name."""
        history = self.person(viewer_id).history
        rated = [(self.library.card_at(place), stars) for place, stars in history.items()]
        return tuple(sorted(rated, key=lambda pair: (-pair[1], pair[0].name))[:n])
