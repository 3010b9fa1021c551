"""``marquee models``: what can be fitted."""

from __future__ import annotations

from typing import Annotated

import typer

from marquee.app.cli.console import say, say_json, say_table
from marquee.app.cli.training import Json

app = typer.Typer(
    help="The recommenders that can be fitted.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_models(
    name: Annotated[str | None, typer.Argument(help="Only this one, with all it takes.")] = None,
    as_json: Json = False,
) -> None:
    """List the recommenders: what each can do, its parameters with their meaning, its paper."""
    from marquee.errors import ParameterError
    from marquee.lifecycle.model_catalog import catalog

    entries = catalog()
    if name is not None:
        known = [entry.name for entry in entries]
        if name not in known:
            raise ParameterError(f"there is no model {name!r}; there are {', '.join(known)}")
        entries = [entry for entry in entries if entry.name == name]
    if as_json:
        say_json(entries)
        return
    if name is None:
        rows = [(entry.name, entry.summary, ", ".join(entry.abilities)) for entry in entries]
        say_table(("model", "what it does", "can"), rows)
        say("`marquee models list NAME` tells a model's parameters and its paper.")
        return
    (entry,) = entries
    say(f"{entry.name}: {entry.summary}")
    say(f"Can: {', '.join(entry.abilities)}.")
    rows = [(one.name, str(one.default), one.meaning) for one in entry.parameters]
    say_table(("parameter", "default", "meaning"), rows)
    if entry.paper:
        say(entry.paper)
