"""Ids that follow time, which whoever reads them as numbers reads the time from."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.evaluation.clock import without_times
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.leaks.ranks import spearman, spearman_within
from marquee.evaluation.splits import Split
from marquee.models.base import Recommender

FOLLOWS = 0.3
"""Rank correlation of ids and first ratings from which ids tell the time; of few ids
:data:`DEVIATIONS` is asked."""
DEVIATIONS = 4.0
"""Standard deviations of that correlation for ids given by chance, 1 / sqrt(n - 1), which chance
exceeds once in 16,000 data sets."""
LEAST_IDS = 50
READS = 0.95
"""Rank correlation of scores and ids, among titles with equally many ratings, from which a model
is taken to read ids as numbers."""
PROBED = 16
"""Profiles whose scores are looked at."""


def ids_follow_time(split: Split) -> dict[str, float]:
    """Rank correlation of the ids of viewers and of titles with the time of their first rating.

    Only those that reach :data:`FOLLOWS`, by ``viewer`` and ``title``. Over training and test part.
    """
    found: dict[str, float] = {}
    for name in ("viewer", "title"):
        firsts = [_firsts(part, name) for part in (split.train, split.test)]
        if any(first is None for first in firsts):
            continue
        together = pl.concat([first for first in firsts if first is not None])
        seen = together.group_by("id").agg(pl.col("first").min())
        if seen.height < LEAST_IDS or seen["id"].dtype == pl.String:
            continue
        rho = spearman(seen["id"].to_numpy(), seen["first"].to_numpy())
        if abs(rho) >= max(FOLLOWS, DEVIATIONS / np.sqrt(seen.height - 1)):
            found[name] = rho
    return found


def _firsts(part: Interactions, name: str) -> pl.DataFrame | None:
    if part.times is None:
        return None
    index: IdIndex = part.users if name == "viewer" else part.items
    positions = part.rows if name == "viewer" else part.matrix.indices
    first = np.full(len(index), np.iinfo(np.int64).max)
    np.minimum.at(first, positions, part.times)
    seen = np.flatnonzero(first < np.iinfo(np.int64).max)
    return pl.DataFrame({"id": index.ids[seen], "first": first[seen]})


def ids_tell_time(
    split: Split,
    model: Recommender | None = None,
    columns: dict[str, pl.DataFrame] | None = None,
    clock: str = "none",
) -> list[Leak]:
    """Whether ids follow time, and whether something reads them as numbers.

    That ids follow time is a note: real data is numbered so, and a model that knows who is who by
    id alone learns nothing from the number. It is a leak where they are read as numbers: a column
    told to the model that is a straight line in the id, or scores that rank titles by id.

    Scores are compared among titles with equally many training ratings, since catalogs are numbered
    by popularity too; a rank correlation of :data:`READS` or more in the middle of
    :data:`PROBED` profiles counts.

    Parameters
    ----------
    columns
        What the model was told beside the ratings: frames by ``viewer`` and ``title``, whose first
        column is the id.
    clock
        With ``none`` the model is shown no times.
    """
    following = ids_follow_time(split)
    leaks = []
    for name, rho in following.items():
        frame = (columns or {}).get(name)
        copies = [] if frame is None else straight_lines(frame)
        told = f"{name} ids follow the time of first ratings (rank correlation {rho:+.2f})"
        if copies:
            leaks.append(_leak(split, f"{told} and column {', '.join(copies)} is the id", 1))
        elif name == "title" and model is not None and reads_ids(model, split, clock):
            leaks.append(_leak(split, f"{told} and {type(model).__name__} ranks titles by id", 1))
        else:
            words = f"{told}; do not use them as numbers"
            note = Leak(check="ids-tell-time", words=words, n=1, where=split.name, note=True)
            leaks.append(note)
    return leaks


def _leak(split: Split, words: str, n: int) -> Leak:
    way_out = "; let ids name things and nothing else"
    return Leak(check="ids-tell-time", words=words + way_out, n=n, where=split.name)


def straight_lines(frame: pl.DataFrame) -> list[str]:
    """Columns that are a straight line in the first one, the id, to four digits.

    A date or a year follows the id too where titles are numbered by release, and is an honest fact;
    a line to four digits over :data:`LEAST_IDS` ids is the id itself in another unit.
    """
    ids = frame.to_series(0)
    if not ids.dtype.is_numeric():
        return []
    found = []
    for column in frame.get_columns()[1:]:
        if not column.dtype.is_numeric():
            continue
        x, y = (series.cast(pl.Float64).to_numpy() for series in (ids, column))
        known = ~(np.isnan(x) | np.isnan(y))
        if np.count_nonzero(known) < LEAST_IDS or not np.ptp(y[known]) or not np.ptp(x[known]):
            continue
        if abs(np.corrcoef(x[known], y[known])[0, 1]) > 1 - 1e-9:
            found.append(column.name)
    return found


def reads_ids(model: Recommender, split: Split, clock: str) -> bool:
    """Whether a fitted model ranks titles by their ids, numbers where ids are none left out."""
    ids: NDArray[Any] = split.train.items.ids
    if ids.dtype.kind not in "iu":
        return False
    tested = np.flatnonzero(np.diff(split.test.matrix.indptr))
    chosen = tested[np.linspace(0, len(tested) - 1, min(PROBED, len(tested))).astype(int)]
    profiles = split.history.take(chosen)
    if clock == "none":
        profiles = without_times(profiles)
    if not model.personal:
        profiles = profiles.take([0])
    counts = np.bincount(split.train.matrix.indices, minlength=split.train.n_items)
    found = [abs(spearman_within(row, ids, counts)) for row in model.score(profiles)]
    return float(np.median(found)) >= READS
