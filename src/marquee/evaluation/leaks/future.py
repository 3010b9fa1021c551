"""Columns that change when what came later is taken away or changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import Split
from marquee.features import FEATURES
from marquee.features.asking import at_release
from marquee.features.base import Theme
from marquee.features.side_information import titles_frame, viewers_frame

DAYS_ASKED = 2
"""Days on which every title is asked about: those by which a half and four fifths were out."""

Tell = Callable[[Tables], pl.DataFrame]
"""What a model is told of titles or viewers, by id in the first column."""

TOLD: dict[str, Tell] = {"title": titles_frame, "viewer": viewers_frame}
"""What an evaluation tells models beside the ratings."""


def side_information_leaks(
    tables: Tables, split: Split, told: dict[str, Tell] | None = None
) -> list[Leak]:
    """Columns told of titles or viewers that change when the test ratings are taken away.

    What a model is told beside the ratings is worked out from all tables and again from tables
    without the ratings of the test part, and must be the same to the last bit: no tolerance, no
    false alarms.
    """
    names = TOLD if told is None else told
    without = tables.replace(ratings=_without_test(tables.ratings, split))
    return [
        leak
        for name, tell in names.items()
        for leak in _changed(tell(tables), tell(without), f"{name}s", "the test ratings")
    ]


def _without_test(ratings: pl.DataFrame, split: Split) -> pl.DataFrame:
    test = split.test
    rows = test.users.find(ratings["viewer_id"].to_numpy()).astype(np.int64)
    columns = test.items.find(ratings["title_id"].to_numpy()).astype(np.int64)
    cells = np.where((rows < 0) | (columns < 0), -1, rows * test.n_items + columns)
    tested = test.rows.astype(np.int64) * test.n_items + test.matrix.indices
    return ratings.filter(pl.Series(~np.isin(cells, tested)))


def features_that_see(
    tables: Tables, themes: Sequence[Theme] | None = None, days: Sequence[date] | None = None
) -> list[Leak]:
    """Columns of feature themes whose answers for a day need facts of that day or later.

    Every title is asked about on each day, from all tables and from ``tables.before(day)``; the
    answers must be the same to the last bit: no tolerance, no false alarms. It is the first promise
    of the contract that every theme in the package is tested for.
    """
    days = days_of(tables) if days is None else days
    found: dict[str, Leak] = {}
    for day in days:
        past = tables.before(day)
        asked = at_release(tables).select("title_id", pl.lit(day).alias("as_of"))
        for theme in FEATURES.values() if themes is None else themes:
            where, taken = f"theme {theme.name}", f"the facts from {day} on"
            for leak in _changed(theme(tables, asked), theme(past, asked), where, taken):
                found.setdefault(leak.where, leak)
    return list(found.values())


def days_of(tables: Tables) -> list[date]:
    """Days by which a half and four fifths of the titles were out."""
    known = at_release(tables)["as_of"].sort()
    shares = (0.5, 0.8)[:DAYS_ASKED]
    return [known[int(share * (len(known) - 1))] for share in shares] if len(known) else []


def _changed(whole: pl.DataFrame, less: pl.DataFrame, where: str, taken: str) -> list[Leak]:
    """Columns that are not the same in both frames, which answer the same questions."""
    key = whole.columns[0]
    if whole.height != less.height:
        less = whole.select(key).join(less, on=key, how="left", maintain_order="left")
    leaks = []
    for name in whole.columns[1:]:
        differ = whole[name].ne_missing(less[name])
        if differ.any():
            leaks.append(
                Leak(
                    check="sees-the-future",
                    words=f"column {name} of {where} changes for {differ.sum()} of {whole.height} "
                    f"rows when {taken} are taken away; work it out from earlier rows alone",
                    n=int(differ.sum()),
                    where=f"{where}, {name}",
                )
            )
    return leaks
