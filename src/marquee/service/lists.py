"""Lists that are the same for everybody, from which what one viewer knows is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError, UnknownIdError
from marquee.models.abilities import FindsSimilarItems
from marquee.models.ranking import top_k
from marquee.service.catalog import Catalog
from marquee.service.filters import EVERYTHING, Filters
from marquee.service.library import Library
from marquee.service.pages import title_page
from marquee.service.people import Person, person
from marquee.service.records import (
    Answer,
    Found,
    Listing,
    Reason,
    Search,
    Source,
    Suggestion,
    TitlePage,
)

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore
    from marquee.lifecycle.experiments import Experiment


class Lists:
    """Answers about titles: lists by one measure for all, the catalog, search, one title's page.

    A viewer's own titles can be left out of them. What is asked for past the last title is all
    that there is.
    """

    def __init__(self, library: Library, feedback: FeedbackStore | None = None) -> None:
        self.library = library
        self.feedback = feedback
        """Where what is said is kept; None where nothing is."""
        self.experiment: Experiment | None = None
        """What is tried on viewers; None where nothing is."""

    @property
    def catalog(self) -> Catalog:
        """The titles by number and by name."""
        return self.library.catalog

    @property
    def source(self) -> Source:
        """Which model and data answer."""
        return self.library.source

    def answering(self, viewer_id: int | None) -> Library:  # noqa: ARG002 - an experiment asks
        """What picks for that viewer come from: the same for all, but in an experiment."""
        return self.library

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
            If k is below 1, the model cannot compare titles, or a filter asks for what no title
            has.
        """
        k = self._at_most(k)
        card = self.catalog.find(title)
        model = self.library.model
        if not isinstance(model, FindsSimilarItems):
            raise ParameterError(
                f"model {self.library.model_name} does not compare titles; fit one that does, "
                "such as ease or content"
            )
        mask = self._mask(filters, viewer_id)
        place = self._places([card.title_id])
        mask[place] = False
        n_out = len(mask) - int(np.count_nonzero(mask))
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
            If k or days is below 1, or a filter asks for what no title has.
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

        Raises
        ------
        ParameterError
            If k is below 1, or a filter asks for what no title has.
        """
        mask = self._mask(filters, viewer_id)
        if today is not None:
            mask &= self.library.facts.released <= np.datetime64(today)
        return self._listed("day of release", self.library.newest, k, mask)

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
            If n is below 1, or a filter asks for what no title has.
        """
        if n < 1:
            raise ParameterError(f"n must be at least 1, got {n}")
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
        found = self.library.search.find(text, min(n, max(len(self.catalog), 1)))
        return Search(
            found=tuple(Found(self.catalog.card(title), score) for title, score in found),
            **self.source,
        )

    def title(self, title_id: int) -> TitlePage:
        """Everything that is shown about a title.

        Raises
        ------
        UnknownIdError
            If there is no such title.
        """
        return title_page(self.library, title_id)

    def _places(self, title_ids: Sequence[int]) -> NDArray[np.int32]:
        """Positions of the titles; refuses a number that is no title of the model."""
        places = self.library.places(title_ids)
        if (places < 0).any():
            unknown = [int(title_ids[at]) for at in np.flatnonzero(places < 0).tolist()]
            raise UnknownIdError(f"{len(unknown)} unknown id(s), first {unknown[:3]}")
        return places

    def _at_most(self, k: int) -> int:
        """The length of a list of k: past the last title there is nothing to make room for."""
        if k < 1:
            raise ParameterError(f"k must be at least 1, got {k}")
        return min(k, max(len(self.library.facts.items), 1))

    def _mask(self, filters: Filters, viewer_id: int | None) -> NDArray[np.bool_]:
        return filters.mask(self.library.facts, self.person(viewer_id).sets)

    def _listed(
        self, what: str, scores: NDArray[np.float32], k: int, mask: NDArray[np.bool_]
    ) -> Answer:
        [items], _ = top_k(scores[None], self._at_most(k), candidates=mask)
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
