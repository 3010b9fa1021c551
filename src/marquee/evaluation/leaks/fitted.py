"""A model fitted as an evaluation fits it, to be looked at."""

from __future__ import annotations

import polars as pl

from marquee.evaluation.clock import with_clock, without_times
from marquee.evaluation.leaks.checking import model_leaks
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import Split
from marquee.models.abilities import UsesTitles, UsesViewers
from marquee.models.base import Recommender


def leaks_of(
    model: Recommender,
    split: Split,
    clock: str,
    *,
    titles: pl.DataFrame | None = None,
    viewers: pl.DataFrame | None = None,
) -> list[Leak]:
    """Fits the model on the training part under that clock, and what the checks then find.

    Titles and viewers are given to a model that uses them, and looked at only then.
    """
    model = with_clock(model, clock)
    told_titles = titles if isinstance(model, UsesTitles) else None
    told_viewers = viewers if isinstance(model, UsesViewers) else None
    if told_titles is not None and isinstance(model, UsesTitles):
        model.use_titles(told_titles)
    if told_viewers is not None and isinstance(model, UsesViewers):
        model.use_viewers(told_viewers)
    model.fit(without_times(split.train) if clock == "none" else split.train)
    return model_leaks(model, split, clock, titles=told_titles, viewers=told_viewers)
