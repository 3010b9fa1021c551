"""What pushes and pulls have in common: where copies lie, the bar, and what was copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import progress, say, say_json

if TYPE_CHECKING:
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.remote import Copied, Store

Url = Annotated[str, typer.Argument(help="A folder, or a URL such as s3://bucket/path.")]


def copy(
    context: typer.Context,
    what: str,
    url: str,
    act: Callable[[Workspace, Store], Copied],
    *,
    to: object,
    as_json: bool,
) -> None:
    """Copies between the workspace and the store, and prints what was copied where."""
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.remote import Store

    with progress(f"Copying {what}"):
        copied = act(Workspace(context.obj.home), Store(url))
    if as_json:
        say_json({**vars(copied), "to": str(to)})
        return
    there = copied.n_files - copied.n_sent
    rest = f"; {there} were there already" if there else ""
    say(
        f"{copied.name} is in {to}: {copied.n_files} files of {copied.n_bytes / 1e6:,.1f} MB{rest}."
    )
