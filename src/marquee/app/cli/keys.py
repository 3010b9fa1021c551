"""``marquee keys add``, ``list`` and ``revoke``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import note, say, say_json, say_table

if TYPE_CHECKING:
    from marquee.app.api.keys import KeyFile
    from marquee.app.settings import Settings

Name = Annotated[str, typer.Argument(help="Name of the key: who or what uses it.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]

app = typer.Typer(
    help="Make and revoke the keys that the API asks for.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    context: typer.Context,
    name: Name,
    scope: Annotated[
        str, typer.Option(help="What it is for: read, feedback (includes read), or admin (all).")
    ] = "read",
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    from datetime import UTC, datetime

    token = _keys(context).add(name, scope, datetime.now(UTC))
    if as_json:
        say_json({"name": name, "scope": scope, "key": token})
        return
    note(f"The key {name!r} for {scope}; keep it, it is not shown again:")
    say(token)


@app.command("list")
def listed(context: typer.Context, as_json: Json = False) -> None:
    """List the keys."""
    rows = [(key.name, key.scope, key.created_at) for key in _keys(context).listed()]
    head = ("name", "scope", "created_at")
    if as_json:
        say_json([dict(zip(head, row, strict=True)) for row in rows])
    else:
        say_table(head, rows)


@app.command()
def revoke(context: typer.Context, name: Name) -> None:
    """Take a key away; a running server refuses it from the next request on."""
    _keys(context).revoke(name)
    note(f"The key {name!r} is revoked.")


def _keys(context: typer.Context) -> KeyFile:
    from marquee.app.api.keys import KEY_FILE, KeyFile

    settings: Settings = context.obj
    return KeyFile(settings.home / KEY_FILE)
