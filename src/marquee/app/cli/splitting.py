"""The data and splits that a command is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.settings import Settings

if TYPE_CHECKING:
    from marquee.data.interactions import Interactions
    from marquee.data.tables import Tables
    from marquee.evaluation.splits import Split
    from marquee.service.datasets import OpenedData

Data = Annotated[
    str, typer.Option(help="A set under MARQUEE_DATA or fetched, a path, `world` or `workspace`.")
]
SplitWord = Annotated[
    str,
    typer.Option(
        help="A fold of the publisher such as u1, folds, random:0.1, kfold:5, time:0.9, "
        "time:1998-03-01, rolling:3x30, last-one, last-share:0.2, strong, strong:500, "
        "strong-validation, file:PATH."
    ),
]
SaveSplit = Annotated[
    Path | None,
    typer.Option(help="Write the pairs of the split to this file, for file:PATH elsewhere."),
]


@dataclass(frozen=True, eq=False)
class Opened:
    """A data set, and its ratings as interactions over every title."""

    tables: Tables
    interactions: Interactions
    source: OpenedData


def open_interactions(data: str, settings: Settings) -> Opened:
    """The data set of that name, with what splits are made of."""
    from marquee.lifecycle.fitting import catalog_interactions
    from marquee.service.datasets import open_data

    opened = open_data(data, settings.home, settings.data)
    return Opened(opened.tables, catalog_interactions(opened.tables, orders=True), opened)


def splits_of(opened: Opened, word: str, *, seed: int, relevant_from: float) -> list[Split]:
    """The splits that a word asks for, ``file:PATH`` among them."""
    from marquee.data.moments import moments_of
    from marquee.evaluation.splits import parse_split
    from marquee.lifecycle.split_files import read_splits

    kind, _, path = word.partition(":")
    if kind == "file" and path:
        return read_splits(Path(path).expanduser(), opened.interactions)
    ratings = opened.tables.ratings
    moments = moments_of(ratings)
    return parse_split(
        word,
        opened.interactions,
        seed=seed,
        fold_names=opened.source.fold_names,
        read_fold=opened.source.read_fold,
        ratings=ratings,
        relevant_from=relevant_from,
        real_times=moments is None or moments.are_real,
    )
