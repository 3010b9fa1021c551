"""Answers to standard output; progress and notices to standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import typer


class Tick(Protocol):
    """Told what is done, the whole, which may be unknown, and what comes next."""

    def __call__(self, done: int, total: int | None, text: str = "", /) -> None:
        """Draws or prints how far the work is."""
        ...


OnStep = Callable[[int, int, str], None]
OnEpoch = Callable[[int, int], None]

INTERRUPTED = 130
"""Status of a command that Ctrl-C ended after it had told what was done."""


def say(text: str = "") -> None:
    """Prints a line of the answer."""
    typer.echo(text)


def note(text: str) -> None:
    """Prints a line that is not part of the answer."""
    typer.echo(text, err=True)


def say_json(answer: object) -> None:
    """Prints the answer as one JSON document; NaN and infinity become null."""
    typer.echo(json.dumps(_plain(answer), ensure_ascii=False, indent=2))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return None
    return str(value) if isinstance(value, (date, Path)) else value


def say_table(head: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Prints a table; numbers are set to the right."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    listed = [list(row) for row in rows]
    table = Table(header_style="bold", box=None)
    for place, name in enumerate(head):
        numeric = bool(listed) and all(isinstance(row[place], int | float) for row in listed)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(escape(_cell(value)) for value in row))
    width = None if sys.stdout.isatty() else 120
    if title:
        say(title)  # Rich would break the table's own title into lines of the table's width
    Console(width=width, highlight=False).print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


@contextmanager
def progress(what: str) -> Iterator[Tick]:
    """A callback that draws a bar on a terminal and prints one line per step elsewhere."""
    if sys.stderr.isatty():
        with _bar(what) as tick:
            yield tick
    else:
        note(f"{what} ...")
        yield _lines(what)


@contextmanager
def _bar(what: str) -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def tick(done: int, total: int | None, text: str = "", /) -> None:
            said = f"{what} {text}".strip()
            bar.update(task, completed=done, total=total, description=said)

        yield tick


def _lines(what: str) -> Tick:
    """One line per step, but never more than some twenty for a long count."""
    last = [-1]

    def tick(done: int, total: int | None, text: str = "", /) -> None:
        step = (done if total is None else done * 20 // max(total, 1)) if done else 0
        if total is not None and step != last[0]:
            last[0] = step
            note(f"{what} {done:,}/{total:,} {text}".rstrip())

    return tick


@contextmanager
def work(what: str) -> Iterator[tuple[OnStep, OnEpoch]]:
    """Callbacks for the steps of a work and the passes within a step.

    They draw one bar on a terminal; elsewhere each step is a line, and passes say nothing.
    """
    with progress(what) as tick:
        current = [0, 1]
        said = [""]

        def on_step(done: int, total: int, text: str) -> None:
            current[:] = [done, total]
            said[0] = text
            tick(done, total, text)

        def on_epoch(done: int, total: int) -> None:
            if sys.stderr.isatty():
                tick(current[0], current[1], f"{said[0]} {done}/{total}".strip())

        yield on_step, on_epoch
