"""Splits by the word that names them on the command line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits.base import Split, cells_of
from marquee.evaluation.splits.drawn import k_folds, random_split
from marquee.evaluation.splits.published import ReadFold, predefined_split
from marquee.evaluation.splits.strong import strong_split
from marquee.evaluation.splits.timed import last_one, last_share, rolling_windows, split_by_time

WORDS = (
    *("random:0.1", "kfold:5", "time:0.9", "time:1998-03-01", "rolling:3x30"),
    *("last-one", "last-share:0.2", "strong"),
)
"""An example of each word that needs no folds of a publisher."""


def parse_split(
    text: str,
    interactions: Interactions,
    *,
    seed: int,
    fold_names: Sequence[str] = (),
    read_fold: ReadFold | None = None,
    ratings: pl.DataFrame | None = None,
    relevant_from: float = 4.0,
    real_times: bool = True,
) -> list[Split]:
    """The splits that a word of the command line asks for.

    ``u1`` or another name out of ``fold_names``: that fold of the publisher, read by ``read_fold``;
    ``folds``: all folds with a number in their name (u1 to u5, and not ua and ub, which divide the
    data in another way); ``random:0.1``: a tenth drawn with the seed; ``kfold:5``: five folds drawn
    with the seed; ``time:0.9`` or ``time:1998-03-01``: :func:`split_by_time`; ``rolling:3x30``:
    :func:`rolling_windows`, three of 30 days; ``last-one``: :func:`last_one`; ``last-share:0.2``:
    :func:`last_share`; ``strong``, ``strong:500`` or ``strong-validation:500``:
    :func:`strong_split` with so many users held out, its likes from ``relevant_from`` on.

    Parameters
    ----------
    ratings
        The table that the interactions were made of, which tells where in the file each stood.
    real_times
        Whether the interactions' times are seconds that can be compared between users, and not
        only the order of each user's own history.

    Raises
    ------
    ParameterError
        If the word is none of these; the text tells what this data allows.
    UnknownIdError
        As :func:`predefined_split`.
    """
    numbered = [name for name in fold_names if re.fullmatch(r"\D+\d+", name)]
    published = [*fold_names, "folds"] if numbered else [*fold_names]
    names = numbered if text == "folds" else [text] if text in fold_names else []
    if names and read_fold is not None:
        return [predefined_split(name, *read_fold(name), interactions) for name in names]
    kind, colon, argument = text.partition(":")
    places = None if ratings is None else places_in(ratings, interactions)
    try:
        if kind == "random":
            return [random_split(interactions, float(argument), seed)]
        if kind == "kfold":
            return k_folds(interactions, int(argument), seed)
        if kind in {"time", "rolling"}:
            window = _windows(argument) if kind == "rolling" else None
            start = _moment(argument) if window is None else 0.5
            if not real_times:
                raise ParameterError(
                    f"{text} needs the second of every rating, and this data tells for some only "
                    "their order within a viewer's history; use last-one"
                )
            if window is not None:
                return rolling_windows(interactions, *window)
            return [split_by_time(interactions, start)]
        if kind == "last-share":
            return [last_share(interactions, float(argument), places)]
        if text == "last-one":
            return [last_one(interactions, places)]
        if kind in {"strong", "strong-validation"} and (argument or not colon):
            return [
                strong_split(
                    interactions,
                    liked_from=relevant_from,
                    n_users=int(argument) if argument else None,
                    part="test" if kind == "strong" else "validation",
                    places=places,
                )
            ]
    except ParameterError:
        raise
    except ValueError:
        pass
    allowed = [*(published if read_fold is not None else []), *WORDS]
    raise ParameterError(f"split {text!r} is not one of {', '.join(allowed)}")


def places_in(ratings: pl.DataFrame, interactions: Interactions) -> NDArray[np.int64]:
    """Row of the ratings table that each stored entry came from, shape (n_entries,).

    Raises
    ------
    ParameterError
        If an entry is in no row of the table.
    """
    rows = interactions.users.find(ratings["viewer_id"].to_numpy()).astype(np.int64)
    columns = interactions.items.find(ratings["title_id"].to_numpy()).astype(np.int64)
    cell = np.where((rows < 0) | (columns < 0), -1, rows * interactions.n_items + columns)
    order = np.argsort(cell, kind="stable")
    wanted = cells_of(interactions)
    place = np.searchsorted(cell[order], wanted, side="right") - 1
    if len(wanted) and (not len(cell) or (cell[order][place] != wanted).any()):
        raise ParameterError("the interactions are not those of the ratings table")
    found: NDArray[np.int64] = order[place]
    return found


def _windows(argument: str) -> tuple[int, float]:
    """Number of windows and days of each; ``ValueError`` for anything else."""
    number, _, days = argument.partition("x")
    return int(number), float(days)


def _moment(argument: str) -> float | dt.date:
    """A share or a day; ``ValueError`` for anything else."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", argument):
        return dt.date.fromisoformat(argument)
    return float(argument)
