"""What the forecasting commands share: options, data, progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.data.tables import Tables
    from marquee.evaluation.forecasting.frames import Target
    from marquee.features.base import Horizon

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Data = Annotated[
    str | None,
    typer.Option(
        help="A set under MARQUEE_DATA or fetched, a path, or `world`; default the workspace.",
        show_default=False,
    ),
]
Of = Annotated[
    str,
    typer.Option(
        "--target", "-t", help="revenue, popularity, success, audience, return or profit."
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        help="time:2011, rolling:2006-2011 or kfold:5; default the first four fifths by year.",
        show_default=False,
    ),
]
Stage = Annotated[
    str | None,
    typer.Option(
        "--horizon",
        help="greenlight, announced (default), pre_release or post_release.",
        show_default=False,
    ),
]
Validation = Annotated[
    bool,
    typer.Option(
        "--validation", help="Ask about the latest training years; the test films stay unread."
    ),
]
Tune = Annotated[
    int, typer.Option(min=0, max=10_000, help="Trials of a search inside the training part.")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        help="A setting of the models: class_weight=balanced, impute=iterative, text=tfidf-svd; "
        "repeatable.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of models and resamples.")]


@dataclass(frozen=True)
class Opened:
    """Tables to forecast from, and what they are called."""

    name: str
    tables: Tables


def opened_data(settings: Settings, name: str | None) -> Opened:
    """The tables of the data set of that name, or of the workspace.

    Raises
    ------
    SourceError, WorkspaceError
        If there is no such data set, or the workspace is empty.
    """
    if name is None or name == "workspace":
        from marquee.data.workspace import Workspace

        with progress("Reading the workspace"):
            return Opened("workspace", Workspace(settings.home).tables_and_fingerprint()[0])
    from marquee.service.datasets import open_data

    with progress(f"Reading {name}"):
        tables = open_data(name, settings.home, settings.data, needs_ratings=False).tables
    return Opened(name, tables)


def target_of(name: str) -> Target:
    """The target of that name; ``ParameterError`` for none."""
    from marquee.errors import ParameterError
    from marquee.evaluation.forecasting.frames import TARGETS

    for target in TARGETS:
        if target == name:
            return target
    raise ParameterError(f"there is no target {name!r}; there are {', '.join(TARGETS)}")


def horizon_of(name: str | None) -> Horizon:
    """The horizon of that name, the usual one where none is named; else ``ParameterError``."""
    from marquee.errors import ParameterError
    from marquee.features.base import HORIZONS, USUAL

    if name is None:
        return USUAL
    for horizon in HORIZONS:
        if horizon == name:
            return horizon
    raise ParameterError(f"there is no horizon {name!r}; there are {', '.join(HORIZONS)}")


def names_of(text: str) -> list[str]:
    """The names in a text with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def settings_of(words: Sequence[str] | None) -> dict[str, str]:
    """Settings given as ``name=value``, both as words; ``ParameterError`` for another form."""
    from marquee.errors import ParameterError

    found: dict[str, str] = {}
    for word in words or ():
        name, equals, value = (part.strip() for part in word.partition("="))
        if not (name and equals and value):
            raise ParameterError(
                f"a setting is given as name=value, such as class_weight=balanced, got {word!r}"
            )
        found[name] = value
    return found


def day_of(text: str | None) -> date:
    """The day that was given, else today; ``ParameterError`` for one in the wrong form."""
    from marquee.errors import ParameterError

    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterError(
            f"a day is given as YYYY-MM-DD, such as 2026-06-19, got {text!r}"
        ) from None
