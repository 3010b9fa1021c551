"""Outside ids in, records for a reader out: one engine for every face."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from marquee.data.workspace import Workspace
from marquee.errors import ParameterError
from marquee.models.abilities import FindsSimilarItems
from marquee.models.ranking import top_k
from marquee.service.asking import asked, based_on
from marquee.service.catalog import Catalog
from marquee.service.filters import EVERYTHING, Filters
from marquee.service.library import Library
from marquee.service.pages import title_page, viewer_page
from marquee.service.people import LIKED, Person, person
from marquee.service.predicting import predict
from marquee.service.questions import tastes, to_rate
from marquee.service.reasons import reasons
from marquee.service.records import (
    Answer,
    Explanation,
    Found,
    Listing,
    Predictions,
    Reason,
    Search,
    Source,
    Suggestion,
    Tastes,
    TitleCard,
    TitlePage,
    ViewerPage,
)
from marquee.service.taste import AS_SCORED, NEUTRAL, Taste, rerank
from marquee.service.warming import warm_up

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

ASKERS_KEPT = 16
"""Viewers whose scores are kept: a page asks several lists for the same one."""


class Engine:
    """Answers from one workspace, one of its saved models, and what viewers said.

    A viewer is known by the ratings in the workspace and by feedback, a visitor by the titles they
    name; all are a profile to the model, so nobody waits for a retraining: what was said a moment
    ago is part of the next answer. The tastes that a viewer picked stand in for a history until
    they have one. Every answer names the model and the data that it came from. Safe to use from
    many threads.
    """

    def __init__(
        self,
        workspace: Workspace,
        model: str | None = None,
        *,
        feedback: FeedbackStore | None = None,
    ) -> None:
        self.library = Library.open(workspace, model)
        self.feedback = feedback
        """Where what is said is kept; None where nothing is."""
        # A person is what is known at one revision, and another one after every change.
        self._asked = lru_cache(maxsize=ASKERS_KEPT)(partial(asked, self.library))

    @property
    def catalog(self) -> Catalog:
        """The titles by number and by name."""
        return self.library.catalog

    @property
    def source(self) -> Source:
        """Which model and data answer."""
        return self.library.source

    def warm_up(self) -> None:
        """Makes all that is made when first asked for, so that no visitor waits for it."""
        warm_up(self)

    # Lists

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
        if k < 1:
            raise ParameterError(f"k must be at least 1, got {k}")
        named = {self.catalog.find(text).title_id: LIKED for text in like}
        asker = self._asked(self.person(viewer_id, dict(ratings or {}) | named))
        mask = filters.mask(self.library.facts, asker.person.sets)
        if candidates is not None:
            mask &= self._marked(candidates)
        facts = self.library.facts
        shown = facts.items.find(np.array(after, np.int64))
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

    def similar(
        self,
        title: str,
        k: int = 10,
        filters: Filters = EVERYTHING,
        *,
        viewer_id: int | None = None,
    ) -> Answer:
        """The k titles most like the one named, without those the viewer has rated or put away.

        Raises
        ------
        AmbiguousTitleError
            If the name fits no title, or several.
        ParameterError
            If the model cannot compare titles, or a filter asks for what no title has.
        """
        card = self.catalog.find(title)
        model = self.library.model
        if not isinstance(model, FindsSimilarItems):
            raise ParameterError(
                f"model {self.library.model_name} does not compare titles; fit one that does, "
                "such as ease or content"
            )
        mask = self._mask(filters, viewer_id)
        n_out = len(mask) - int(np.count_nonzero(mask))
        place = self.library.facts.items.positions([card.title_id])
        items, scores = model.similar(place, max(min(k + n_out, len(mask)), 1))
        found = items[0][items[0] >= 0]
        everyone = np.full(len(mask), -np.inf, np.float32)
        everyone[found] = scores[0][: len(found)]
        best = found[mask[found]][:k].tolist()
        picks = tuple(self._suggestion(item, everyone) for item in best)
        return self._said(f"titles like {card}", picks, mask)

    def popular(
        self,
        k: int = 10,
        filters: Filters = EVERYTHING,
        *,
        viewer_id: int | None = None,
        days: int | None = None,
    ) -> Answer:
        """The k titles with the most ratings; scores are numbers of ratings.

        With ``days`` only ratings of so many days up to the newest one count; where ratings have no
        times all of them do.

        Raises
        ------
        ParameterError
            If days is below 1.
        """
        counts = self.library.rating_counts(days)
        what = "number of ratings" + (f" in {days} days" if days is not None else "")
        return self._listed(what, counts, k, self._mask(filters, viewer_id))

    def latest(
        self,
        k: int = 10,
        filters: Filters = EVERYTHING,
        *,
        viewer_id: int | None = None,
        today: date | None = None,
    ) -> Answer:
        """The k newest titles, of one day the most rated first; scores are days since 1970.

        With ``today`` only titles that are out by then.
        """
        mask = self._mask(filters, viewer_id)
        if today is not None:
            mask &= self.library.facts.released <= np.datetime64(today)
        return self._listed("day of release", self.library.newest, k, mask)

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

    def titles(
        self,
        filters: Filters = EVERYTHING,
        *,
        viewer_id: int | None = None,
        after: int = 0,
        n: int = 50,
    ) -> Listing:
        """The first n titles that qualify whose number is at least ``after``, by number.

        Titles that came after the last fit are missing.

        Raises
        ------
        UnknownIdError
            If there is no such viewer.
        ParameterError
            If a filter asks for what no title has.
        """
        ids = np.sort(self.library.facts.items.ids[self._mask(filters, viewer_id)])
        start = int(np.searchsorted(ids, after))
        page = ids[start : start + n].tolist()
        return Listing(
            titles=tuple(map(self.catalog.card, page)),
            n_qualifying=len(ids),
            more=start + len(page) < len(ids),
            **self.source,
        )

    def search(self, text: str, n: int = 8) -> Search:
        """The n best titles for what somebody typed so far, spelling errors allowed.

        Raises
        ------
        ParameterError
            If n is below 1.
        """
        found = self.library.search.find(text, n)
        return Search(
            found=tuple(Found(self.catalog.card(title), score) for title, score in found),
            **self.source,
        )

    # One title

    def title(self, title_id: int) -> TitlePage:
        """Everything that is shown about a title.

        Raises
        ------
        UnknownIdError
            If there is no such title.
        """
        return title_page(self.library, title_id)

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
        columns = self.library.facts.items.positions(np.array(title_ids, np.int64))
        guesses = tuple(predict(self.library, asker, columns))
        return Predictions(predictions=guesses, **self.source)

    def explain(self, viewer_id: int, title_id: int, n_reasons: int = 5) -> Explanation:
        """The title with its score for the viewer and the viewer's titles that raised it most.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or no such title.
        """
        asker = self._asked(self.person(viewer_id))
        column = self.library.facts.items.positions([title_id])
        [why] = reasons(self.library, asker, column, n_reasons)
        suggestion = self._suggestion(int(column[0]), asker.scores, why)
        return Explanation(suggestion=suggestion, **self.source)

    # One viewer

    def person(
        self, viewer_id: int | None = None, ratings: Mapping[int, float] | None = None
    ) -> Person:
        """The viewer of that number, or a visitor, who also rates titles by number.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or the viewer was erased.
        ParameterError
            If a rating is not from 0.5 to 5.
        """
        return person(self.library, self.feedback, viewer_id, ratings)

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

    def _marked(self, title_ids: Sequence[int]) -> NDArray[np.bool_]:
        marked = np.zeros(len(self.library.facts.items), np.bool_)
        marked[self.library.facts.items.positions(np.array(title_ids, np.int64))] = True
        return marked

    def _mask(self, filters: Filters, viewer_id: int | None) -> NDArray[np.bool_]:
        return filters.mask(self.library.facts, self.person(viewer_id).sets)

    def _listed(
        self, what: str, scores: NDArray[np.float32], k: int, mask: NDArray[np.bool_]
    ) -> Answer:
        [items], _ = top_k(scores[None], k, candidates=mask)
        picks = tuple(self._suggestion(item, scores) for item in items[items >= 0].tolist())
        return self._said(what, picks, mask)

    def _suggestion(
        self, item: int, scores: NDArray[np.float32], why: tuple[Reason, ...] = ()
    ) -> Suggestion:
        return Suggestion(self.library.card_at(item), float(scores[item]), why)

    def _said(
        self, what: str, picks: tuple[Suggestion, ...], qualifying: NDArray[np.bool_]
    ) -> Answer:
        library = self.library
        return Answer(
            what,
            picks,
            library.model_name,
            library.model_version,
            library.snapshot,
            int(np.count_nonzero(qualifying)),
            library.notes,
        )
