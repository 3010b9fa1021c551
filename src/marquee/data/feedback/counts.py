"""Counts over the feedback of all viewers, for monitoring and for choosing what to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from marquee.data.feedback.reading import in_force
from marquee.data.feedback.records import Satisfaction
from marquee.data.feedback.schema import answers

NO_MODEL = "unknown"
"""Stands for the model where a judged list was not entered as shown."""

COUNTS = ("n_picks", "n_good", "n_thumbs", "n_thumbs_up", "n_answers", "n_impressions")


def n_ratings_by_title(connection: sa.Connection) -> dict[int, int]:
    """Number of ratings in force of each title that has any."""
    rated = in_force("rating").subquery()
    counted = sa.select(rated.c.title_id, sa.func.count().label("n")).group_by(rated.c.title_id)
    return {row.title_id: row.n for row in connection.execute(counted)}


def satisfaction_by_model(
    connection: sa.Connection, since_us: int | None = None, until_us: int | None = None
) -> dict[str, Satisfaction]:
    """Satisfaction with the lists of each model; of a span, judgments and lists within it."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for model, facet, n, n_up in connection.execute(_judged(since_us, until_us)):
        of_all, of_good = ("n_picks", "n_good") if facet == "pick" else ("n_thumbs", "n_thumbs_up")
        counts[model or NO_MODEL] |= {of_all: n, of_good: int(n_up)}
    shown = sa.select(answers.c.model, sa.func.count(), sa.func.sum(answers.c.n_titles))
    shown = _between(shown, answers.c.at_us, since_us, until_us)
    for model, n, n_titles in connection.execute(shown.group_by(answers.c.model)):
        counts[model] |= {"n_answers": n, "n_impressions": int(n_titles)}
    return {model: Satisfaction(**counts[model]) for model in sorted(counts)}


def overall(by_model: Mapping[str, Satisfaction]) -> Satisfaction:
    """The satisfaction with all models together."""
    return Satisfaction(
        **{name: sum(getattr(part, name) for part in by_model.values()) for name in COUNTS}
    )


def _judged(since_us: int | None, until_us: int | None) -> sa.Select[Any]:
    """Model, facet, number of judgments and of good ones; no model for a list never entered."""
    said = in_force("pick", "thumbs").subquery()
    list_of = (answers.c.viewer_id == said.c.viewer_id) & (answers.c.answer_id == said.c.answer_id)
    judged = (
        sa.select(answers.c.model, said.c.facet, sa.func.count(), sa.func.sum(said.c.value))
        .select_from(said.outerjoin(answers, list_of))
        .group_by(answers.c.model, said.c.facet)
    )
    return _between(judged, said.c.at_us, since_us, until_us)


def _between(
    asked: sa.Select[Any], moment: Any, since_us: int | None, until_us: int | None
) -> sa.Select[Any]:
    if since_us is not None:
        asked = asked.where(moment >= since_us)
    return asked if until_us is None else asked.where(moment < until_us)
