"""Two models or more that answer at once: an experiment on viewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee.data.workspace import Workspace
from marquee.errors import WorkspaceError
from marquee.evaluation.online.assignment import arm_of, fraction
from marquee.evaluation.online.interleaving import NEITHER, team_draft
from marquee.lifecycle.experiments import Experiment, find_running
from marquee.service.engine import Engine
from marquee.service.library import Library
from marquee.service.records import Answer, Explanation, Suggestion

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore


def open_engine(workspace: Workspace, *, feedback: FeedbackStore | None = None) -> Engine:
    """What answers: the model in force, or the arms of the experiment that runs.

    Raises
    ------
    WorkspaceError
        If an arm has no model any more, or was fitted over other titles than what it is compared
        with.
    """
    running = find_running(workspace)
    if running is None:
        return Engine(workspace, feedback=feedback)
    try:
        return Trial(workspace, running, feedback=feedback)
    except WorkspaceError as error:
        raise WorkspaceError(
            f"experiment {running.name} cannot be served: {error}; end it with "
            "`marquee experiment stop`"
        ) from error


def check_arms(workspace: Workspace, models: Sequence[str]) -> None:
    """Refuses models that cannot answer beside what answers.

    Raises
    ------
    WorkspaceError
        If there is no such model, or it was fitted over other titles.
    """
    library = Library.open(workspace)
    for model in models:
        library.beside(workspace, model)


class Trial(Engine):
    """An engine whose recommendations to viewers are those of an experiment's arms.

    A viewer's arm follows from a hash of their number, on every device. Visitors without a number,
    and all that is the same for everybody, are answered by the control. Each pick says which arm
    chose it; what is entered as shown with that is the experiment's log.
    """

    def __init__(
        self,
        workspace: Workspace,
        experiment: Experiment,
        *,
        feedback: FeedbackStore | None = None,
    ) -> None:
        control, *others = (arm.model for arm in experiment.arms)
        library = Library.open(workspace, control)
        super().__init__(workspace, feedback=feedback, library=library)
        self.experiment = self._trial = experiment
        # The tables are those of the control; only the models differ.
        self._arms = [
            Engine(workspace, feedback=feedback, library=each)
            for each in (library, *(library.beside(workspace, model) for model in others))
        ]

    def recommend(self, *, viewer_id: int | None = None, **asked: Any) -> Answer:
        """As of any engine; for a viewer by the arm of theirs, or by both where they take turns."""
        if viewer_id is None:
            return super().recommend(**asked)
        if self._trial.kind == "interleave":
            return self._drafted(viewer_id, asked)
        if self._trial.kind == "explore":
            return self._shuffled(viewer_id, asked)
        place = self._place(viewer_id)
        answer = self._arms[place].recommend(viewer_id=viewer_id, **asked)
        return replace(answer, picks=self._marked(answer.picks, [place] * len(answer.picks)))

    def explain(self, viewer_id: int, title_id: int, n_reasons: int = 5) -> Explanation:
        """As of any engine, by the viewer's arm."""
        return self._arm(viewer_id).explain(viewer_id, title_id, n_reasons)

    def answering(self, viewer_id: int | None) -> Library:
        """The library of the viewer's arm."""
        return self.library if viewer_id is None else self._arm(viewer_id).library

    def warm_up(self) -> None:
        """Makes what is made when first asked for, for every arm."""
        super().warm_up()
        for each in self._arms[1:]:
            each.warm_up()

    def _arm(self, viewer_id: int) -> Engine:
        if self._trial.kind != "split":
            return self._arms[0]
        return self._arms[self._place(viewer_id)]

    def _place(self, viewer_id: int) -> int:
        return arm_of(viewer_id, self._trial.salt, self._trial.shares)

    def _drafted(self, viewer_id: int, asked: dict[str, Any]) -> Answer:
        """Both arms' lists in turns; the same two lists are drafted alike for a viewer."""
        first, second = (arm.recommend(viewer_id=viewer_id, **asked) for arm in self._arms)
        lists = [[pick.title.title_id for pick in each.picks] for each in (first, second)]
        if not any(lists):
            return first
        one, other = lists
        k = max(len(one), len(other))
        coin = fraction(f"{viewer_id} {lists}", self._trial.salt)
        draft = team_draft(one, other, k, np.random.default_rng(int(coin * 2**53)))
        known = [{pick.title.title_id: pick for pick in each.picks} for each in (second, first)]
        picks = [
            (known[0] if team == 1 or title not in known[1] else known[1])[title]
            for title, team in zip(draft.items.tolist(), draft.teams.tolist(), strict=True)
        ]
        return replace(first, picks=self._marked(picks, draft.teams.tolist()))

    def _shuffled(self, viewer_id: int, asked: dict[str, Any]) -> Answer:
        """The control's list, its first titles shuffled now and then, each with its place before.

        Only the beginning of a list that nobody else set bounds to: later pages, and titles that
        are to be put in order, stay as they are.
        """
        answer = super().recommend(viewer_id=viewer_id, **asked)
        n = self._trial.top
        free = not asked.get("after") and asked.get("candidates") is None
        if not free or len(answer.picks) < n:
            return answer
        ids = [pick.title.title_id for pick in answer.picks[:n]]
        coin = fraction(f"{viewer_id} {ids}", self._trial.salt)
        order = np.arange(n)
        if coin < self._trial.explore:
            np.random.default_rng(int(coin * 2**53)).shuffle(order)
        first = (
            replace(answer.picks[place], arm=f"{self._trial.name}:{place + 1}")
            for place in order.tolist()
        )
        return replace(answer, picks=(*first, *answer.picks[n:]))

    def _marked(self, picks: Sequence[Suggestion], places: Sequence[int]) -> tuple[Suggestion, ...]:
        """The picks with the experiment and the arm that chose each."""
        arms = self._trial.arms
        return tuple(
            pick
            if place == NEITHER
            else replace(pick, arm=f"{self._trial.name}:{arms[place].name}")
            for pick, place in zip(picks, places, strict=True)
        )
