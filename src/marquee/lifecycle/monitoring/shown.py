"""What was shown in a week and how content viewers were with it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.lifecycle.lists import list_figures
from marquee.lifecycle.monitoring.observing import WEEK
from marquee.lifecycle.monitoring.records import Lists

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore


def lists_of(feedback: FeedbackStore, tables: Tables, week: date) -> Lists:
    """The lists that were shown in the week, and verdicts that viewers gave in it.

    The most popular titles are those with most ratings before the week.
    """
    begins = datetime(week.year, week.month, week.day, tzinfo=UTC)
    told = feedback.satisfaction(begins, begins + WEEK).overall
    shown = feedback.impressions_frame(begins, begins + WEEK)
    titles = tables.titles.select("title_id").with_row_index("position")
    placed = shown.join(titles, on="title_id", maintain_order="left")
    figures = None
    if placed.height:
        counts = tables.ratings.filter(pl.col("rated_at") < begins).group_by("title_id").len("n")
        n_ratings = titles.join(counts, on="title_id", how="left", maintain_order="left")["n"]
        of_list, places = placed["answer_id"].rank("dense").to_numpy(), placed["place"].to_numpy()
        items = np.full((of_list.max(), places.max()), -1, np.int32)
        items[of_list - 1, places - 1] = placed["position"].fill_null(-1).to_numpy()
        figures = list_figures(items, n_ratings.fill_null(0).to_numpy())
    return Lists(
        n_lists=told.n_answers,
        coverage=None if figures is None else _number(figures.coverage),
        head_share=None if figures is None else _number(figures.head_share),
        overlap=None if figures is None else _number(figures.overlap),
        n_picks=told.n_picks,
        n_good=told.n_good,
        n_thumbs=told.n_thumbs,
        n_thumbs_up=told.n_thumbs_up,
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
