"""The features of titles as one frame, with no column that is not known yet at the horizon."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import HorizonError, ParameterError
from marquee.features import FEATURES
from marquee.features.base import HORIZONS, USUAL, Column, Horizon, Theme

ALL = "all"
"""Stands for every undated column, where some are asked for."""

ALSO_CALLED = {
    "revenue": "revenue_usd",
    "gross": "revenue_usd",
    "domestic_gross": "domestic_gross_usd",
    "profit": "profit_usd",
    "return": "roi",
    "votes": "vote_count",
    "rating": "vote_average",
    "budget": "budget_usd",
    "runtime": "runtime_min",
}
"""Names that people use for a column, besides its own."""


def feature_frame(
    tables: Tables,
    asked: pl.DataFrame,
    horizon: Horizon = USUAL,
    *,
    themes: Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
) -> pl.DataFrame:
    """The questions (title_id, as_of) in their order, with the columns known at the horizon.

    ``themes`` limits the columns to those of some themes, ``columns`` to some columns, in their
    order. Undated columns stand in the frame only if ``columns`` names them. The frame has one row
    per question, repeated questions included.

    Raises
    ------
    HorizonError
        If a column asked for, or every column of a theme asked for, becomes known later.
    ParameterError
        If there is no such horizon, theme or column, or a theme asked for has none but undated
        columns.
    """
    themes = None if themes is None else tuple(themes)
    chosen = columns_at(horizon, themes)
    if columns is None:
        chosen = tuple(given for given in chosen if not given.undated)
        _check_dated(themes)
    else:
        wanted = _allowed([column(name) for name in columns], horizon)
        names = {chosen_column.name for chosen_column in chosen}
        outside = [given.name for given in wanted if given.name not in names]
        if outside:
            raise ParameterError(f"column(s) {', '.join(outside)} are in none of the themes given")
        chosen = tuple(dict.fromkeys(wanted))
    needed = {chosen_column.name for chosen_column in chosen}
    parts = [
        theme(tables, asked)
        for theme in FEATURES.values()
        if needed & {declared.name for declared in theme.columns}
    ]
    if not parts:
        return asked.select(pl.col("title_id").cast(pl.Int64), pl.col("as_of").cast(pl.Date))
    # Every theme keeps the questions and their order, so that columns stand side by side.
    answers = parts[0].hstack(
        [series for part in parts[1:] for series in part.drop("title_id", "as_of").get_columns()]
    )
    return answers.select("title_id", "as_of", *(given.name for given in chosen))


def columns_at(horizon: Horizon, themes: Iterable[str] | None = None) -> tuple[Column, ...]:
    """The columns that may be asked at the horizon, undated ones too, in the order of the themes.

    Raises
    ------
    HorizonError
        If a theme asked for has no column yet at the horizon.
    ParameterError
        If there is no such horizon or theme.
    """
    _stage(horizon)
    found: list[Column] = []
    for theme in _themes(themes):
        known = [given for given in theme.columns if _stage(given.horizon) <= _stage(horizon)]
        if themes is not None and not known:
            _allowed(theme.columns, horizon)
        found += known
    return tuple(found)


def with_undated(names: Iterable[str], horizon: Horizon = USUAL) -> tuple[str, ...]:
    """Names of the dated columns of the horizon, then of the undated ones asked for.

    :data:`ALL` stands for every undated column that is known at the horizon.

    Raises
    ------
    HorizonError
        If one asked for becomes known later.
    ParameterError
        If there is no such horizon, or no such undated column.
    """
    known = columns_at(horizon)
    wanted: list[Column] = []
    for name in names:
        found = [each for each in known if each.undated] if name == ALL else [column(name)]
        if not all(each.undated for each in found):
            every = [each.name for theme in _themes(None) for each in theme.columns if each.undated]
            raise ParameterError(
                f"{name} is no undated column; these are {', '.join(every)}, or {ALL}"
            )
        wanted += _allowed(found, horizon)
    beside = [each for each in known if not each.undated]
    return tuple(dict.fromkeys(each.name for each in (*beside, *wanted)))


def column(name: str) -> Column:
    """The column of that name, or of a name that people use for it.

    Raises
    ------
    ParameterError
        If there is none; the text offers names like it.
    """
    declared = {given.name: given for theme in FEATURES.values() for given in theme.columns}
    found = declared.get(name) or declared.get(ALSO_CALLED.get(name, name))
    if found is None:
        near = difflib.get_close_matches(name, [*declared, *ALSO_CALLED], n=3)
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(declared)}"
        raise ParameterError(f"there is no feature column {name!r}; {hint}")
    return found


def _allowed(columns: Iterable[Column], horizon: Horizon) -> list[Column]:
    """The columns, none of which becomes known after the horizon."""
    given = list(columns)
    late = [one for one in given if _stage(one.horizon) > _stage(horizon)]
    if late:
        names = tuple(one.name for one in late)
        since = ", ".join(f"{one.name} ({one.horizon})" for one in late)
        allowed = ", ".join(HORIZONS[: _stage(horizon) + 1])
        raise HorizonError(
            f"not known yet at horizon {horizon}: {since}; allowed are columns of {allowed}", names
        )
    return given


def _check_dated(themes: Iterable[str] | None) -> None:
    for theme in _themes(themes) if themes is not None else ():
        if all(given.undated for given in theme.columns):
            names = ", ".join(given.name for given in theme.columns)
            raise ParameterError(
                f"theme {theme.name!r} has undated columns alone; ask for them by name: {names}"
            )


def _stage(horizon: str) -> int:
    """Place of the horizon in a film's life, 0 first."""
    for place, name in enumerate(HORIZONS):
        if name == horizon:
            return place
    raise ParameterError(f"there is no horizon {horizon!r}; there are {', '.join(HORIZONS)}")


def _themes(names: Iterable[str] | None) -> list[Theme]:
    if names is None:
        return list(FEATURES.values())
    wanted = list(dict.fromkeys(names))
    absent = [name for name in wanted if name not in FEATURES]
    if absent:
        raise ParameterError(
            f"there is no theme {', '.join(map(repr, absent))}; there are {', '.join(FEATURES)}"
        )
    return [FEATURES[name] for name in wanted]
