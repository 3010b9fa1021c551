"""Outside ids in, records for a reader out: one engine for every face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from marquee.data.workspace import Workspace
from marquee.errors import ParameterError
from marquee.models.abilities import FindsSimilarItems
from marquee.models.ranking import top_k
from marquee.service.catalog import Catalog
from marquee.service.filters import Filters
from marquee.service.library import Library
from marquee.service.pages import title_page
from marquee.service.people import LIKED, Person, person
from marquee.service.predicting import predict
from marquee.service.reasons import card_at, reasons
from marquee.service.records import Answer, Prediction, Reason, Suggestion, TitleCard, TitlePage
from marquee.service.taste import NEUTRAL, Taste, rerank

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

EVERYTHING = Filters()


class Engine:
    """Answers from one workspace, one of its saved models, and what viewers said.

    A viewer is known by the ratings in the workspace and by feedback, a visitor by the titles they
    name; all are a profile to the model, so nobody waits for a retraining: what was said a moment
    ago is part of the next answer. Safe to use from many threads.
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

    @property
    def catalog(self) -> Catalog:
        """The titles by number and by name."""
        return self.library.catalog

    def recommend(
        self,
        *,
        viewer_id: int | None = None,
        like: Sequence[str] = (),
        ratings: Mapping[int, float] | None = None,
        k: int = 10,
        skip: int = 0,
        filters: Filters = EVERYTHING,
        taste: Taste = NEUTRAL,
        candidates: Sequence[int] | None = None,
        n_reasons: int = 2,
    ) -> Answer:
        """The k best titles, after the first ``skip``, for a viewer, a visitor, or both.

        A visitor names titles they like, or rates titles by number. With nothing known the list is
        what the model offers to someone of whom it knows nothing. Filters apply before ranking, so
        a list is short only where too few titles qualify; ``candidates`` are the title numbers that
        may appear.

        Raises
        ------
        AmbiguousTitleError
            If a name in ``like`` fits no title, or several.
        UnknownIdError
            If there is no such viewer, or a candidate is no title of the model.
        ParameterError
            If k is below 1, skip below 0, or a filter asks for what no title has.
        """
        if k < 1:
            raise ParameterError(f"k must be at least 1, got {k}")
        if skip < 0:
            raise ParameterError(f"skip must be at least 0, got {skip}")
        named = {self.catalog.find(text).title_id: LIKED for text in like}
        asker = person(self.library, self.feedback, viewer_id, dict(ratings or {}) | named)
        mask = filters.mask(self.library.facts, asker.sets)
        if candidates is not None:
            mask &= self._marked(candidates)
        [scores] = self.library.model.score(asker.profiles(self.library.facts.items))
        order = rerank(scores, self.library.facts, taste, k + skip, candidates=mask)
        picks = order[order >= 0][skip:]
        return self._answer(asker, mask, scores, picks, n_reasons)

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
        items, scores = model.similar(
            self.library.facts.items.positions([card.title_id]), len(mask)
        )
        found = items[0][items[0] >= 0]
        kept = mask[found]
        everyone = np.full(len(mask), -np.inf, np.float32)
        everyone[found] = scores[0][: len(found)]
        picks = tuple(self._suggestion(item, everyone) for item in found[kept][:k])
        return self._said(f"titles like {card}", picks, int(mask.sum()))

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
        self, k: int = 10, filters: Filters = EVERYTHING, *, viewer_id: int | None = None
    ) -> Answer:
        """The k newest titles, of one day the most rated first; scores are days since 1970."""
        facts = self.library.facts
        dated = ~np.isnat(facts.released)
        days = np.full(len(dated), -np.inf, np.float32)
        days[dated] = facts.released[dated].astype("datetime64[D]").astype(np.int64)
        newest = (days + facts.share / 2).astype(np.float32)
        return self._listed("day of release", newest, k, self._mask(filters, viewer_id))

    def predict(self, viewer_id: int | None, title_ids: Sequence[int]) -> tuple[Prediction, ...]:
        """What the viewer would give each title, with a word on how far to trust it.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or no such title.
        ParameterError
            If no rating model was fitted.
        """
        asker = person(self.library, self.feedback, viewer_id)
        columns = self.library.facts.items.positions(np.array(title_ids, np.int64))
        return tuple(predict(self.library, asker, columns))

    def explain(self, viewer_id: int, title_id: int, n_reasons: int = 5) -> Suggestion:
        """The title with its score for the viewer and the viewer's titles that raised it most.

        Raises
        ------
        UnknownIdError
            If there is no such viewer, or no such title.
        """
        asker = person(self.library, self.feedback, viewer_id)
        column = self.library.facts.items.positions([title_id])
        [scores] = self.library.model.score(asker.profiles(self.library.facts.items))
        [why] = reasons(self.library, asker, column, n_reasons)
        return self._suggestion(column[0], scores, why)

    def title(self, title_id: int) -> TitlePage:
        """Everything that is shown about a title.

        Raises
        ------
        UnknownIdError
            If there is no such title.
        """
        return title_page(self.library, title_id)

    def favorites(self, viewer_id: int, n: int = 5) -> tuple[tuple[TitleCard, float], ...]:
        """The viewer's own best-rated titles with their stars, ties by name."""
        asker = person(self.library, self.feedback, viewer_id)
        rated = [(card_at(self.library, place), stars) for place, stars in asker.history.items()]
        return tuple(sorted(rated, key=lambda pair: (-pair[1], pair[0].name))[:n])

    def _marked(self, title_ids: Sequence[int]) -> NDArray[np.bool_]:
        marked = np.zeros(len(self.library.facts.items), np.bool_)
        marked[self.library.facts.items.positions(np.array(title_ids, np.int64))] = True
        return marked

    def _mask(self, filters: Filters, viewer_id: int | None) -> NDArray[np.bool_]:
        if viewer_id is None:
            return filters.mask(self.library.facts)
        return filters.mask(self.library.facts, person(self.library, self.feedback, viewer_id).sets)

    def _listed(
        self, what: str, scores: NDArray[np.float32], k: int, mask: NDArray[np.bool_]
    ) -> Answer:
        [items], _ = top_k(scores[None], k, candidates=mask)
        picks = tuple(self._suggestion(item, scores) for item in items[items >= 0])
        return self._said(what, picks, int(mask.sum()))

    def _answer(
        self,
        asker: Person,
        mask: NDArray[np.bool_],
        scores: NDArray[np.float32],
        picks: NDArray[np.int32],
        n_reasons: int,
    ) -> Answer:
        why = reasons(self.library, asker, picks, n_reasons)
        found = tuple(
            self._suggestion(pick, scores, because)
            for pick, because in zip(picks, why, strict=True)
        )
        return self._said(_based_on(self.library, asker), found, int(mask.sum()))

    def _suggestion(
        self, item: np.int32, scores: NDArray[np.float32], why: tuple[Reason, ...] = ()
    ) -> Suggestion:
        return Suggestion(card_at(self.library, int(item)), float(scores[item]), why)

    def _said(self, based_on: str, picks: tuple[Suggestion, ...], n_qualifying: int) -> Answer:
        library = self.library
        return Answer(
            based_on,
            picks,
            library.model_name,
            library.model_version,
            library.snapshot,
            n_qualifying,
            library.notes,
        )


def _based_on(library: Library, asker: Person) -> str:
    """What a list rests on, in words."""
    places = list(asker.history)
    cut = len(places) - asker.n_named
    own = f"{cut} rating(s) of viewer {asker.viewer_id}" if cut else ""
    liked = [str(card_at(library, place)) for place in places[cut:]]
    named = f"{'liking' if liked else ''} {', '.join(liked[:3])}".strip()
    more = f" and {len(liked) - 3} more" if len(liked) > 3 else ""
    both = " and ".join(filter(None, [own, named + more]))
    return both or "what viewers like on the whole, for nothing is known of this one"
