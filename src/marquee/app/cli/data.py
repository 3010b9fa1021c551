"""``marquee data``: what there is, fetching it, adding it, and looking at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import note, progress, say, say_json, say_table
from marquee.app.cli.copies import Url, copy
from marquee.app.cli.spark_options import Engine, Master, Memory, on_spark, spark_session
from marquee.app.cli.updating import update

if TYPE_CHECKING:
    from marquee.app.settings import Settings

app = typer.Typer(
    help="Fetch, add and look at data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
app.command()(update)


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List formats that can be read, sets that can be fetched, and what the workspace holds."""
    from marquee.data.download import is_complete
    from marquee.data.publishers import PUBLISHED
    from marquee.data.sources import SOURCES
    from marquee.data.workspace import Workspace

    settings: Settings = context.obj
    workspace = Workspace(settings.home)
    held = workspace.counts()
    formats = [{"name": source.name, "what": source.summary} for source in SOURCES.values()]
    published = [
        {
            "name": entry.name,
            "size": entry.size,
            "format": entry.format,
            "fetched": is_complete(entry, workspace.raw / entry.name),
        }
        for entry in PUBLISHED.values()
    ]
    if as_json:
        say_json({"formats": formats, "published": published, "workspace": held})
        return
    say_table(("format", "what"), [tuple(row.values()) for row in formats], "Formats (data add)")
    say_table(
        ("name", "size", "format", "fetched"),
        [tuple(row.values()) for row in published],
        "Published sets (data get)",
    )
    say_table(("table", "rows"), held.items(), f"Workspace {settings.home}")


@app.command()
def get(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A published set, as `marquee data list` names it.")],
    as_json: Json = False,
) -> None:
    """Fetch a published data set from its publisher into the workspace."""
    import time

    import httpx

    from marquee.data.download import download
    from marquee.data.publishers import PUBLISHED
    from marquee.data.workspace import Workspace
    from marquee.errors import ParameterError

    settings: Settings = context.obj
    if name not in PUBLISHED:
        raise ParameterError(f"nothing published as {name!r}; there are {', '.join(PUBLISHED)}")
    entry = PUBLISHED[name]
    note(f"License: {entry.license} Terms: {entry.terms_url}")
    timeout = httpx.Timeout(30)
    with (
        progress(f"Fetching {name}") as tick,
        httpx.Client(follow_redirects=True, timeout=timeout) as client,
    ):
        folder = download(
            entry,
            Workspace(settings.home).raw / name,
            client=client,
            on_progress=lambda _file, done, total: tick(done, total),
            sleep=time.sleep,
        )
    if as_json:
        say_json({"name": name, "path": folder})
    else:
        say(f"{name} is in {folder}; add it with: marquee data add {folder}")


@app.command()
def add(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A folder, a .zip or a file.")],
    format_: Annotated[
        str | None, typer.Option("--as", help="Format of the files; recognized if not given.")
    ] = None,
    allow_rejects: Annotated[
        bool, typer.Option(help="Go on where more than 1 % of the records are rejected.")
    ] = False,
    engine: Engine = "python",
    master: Master = None,
    memory: Memory = None,
    as_json: Json = False,
) -> None:
    """Read files, join them to what the workspace holds, and write its tables.

    With --engine spark: MovieLens's CSV files, into a workspace of nothing else.
    """
    from marquee.data.intake import add_source
    from marquee.data.workspace import Workspace

    settings: Settings = context.obj
    if on_spark(engine, master, memory):
        from marquee.service import clusters

        with progress(f"Adding {path}"), spark_session(master, memory) as spark:
            counts = clusters.add_lines(spark, Workspace(settings.home), path)
        rows = Workspace(settings.home).counts()
        rejects = [
            {"column": column, "reason": reason, "rejects": n}
            for (column, reason), n in sorted(counts.items(), key=lambda each: -each[1])
        ]
        if as_json:
            say_json({"tables": rows, "rejects": rejects})
            return
        say_table(("table", "rows"), rows.items(), f"Workspace {settings.home} now")
        head = ("column", "reason", "rejects")
        say_table(head, [tuple(each.values()) for each in rejects], "Lines that were rejected")
        return
    with progress(f"Adding {path}") as tick:
        added = add_source(
            Workspace(settings.home),
            path,
            name=format_,
            allow_rejects=allow_rejects,
            on_step=tick,
        )
    if as_json:
        say_json(added)
        return
    remarks = f", {added.n_remarks:,} remark(s) on records that were kept" * bool(added.n_remarks)
    rejected = f"{added.n_rejected:,} rejected{remarks}"
    say(f"Read {added.n_records:,} records of {added.source}, {rejected}.")
    say(f"Joined titles: {added.join}.")
    say_table(("table", "rows"), added.tables.items(), f"Workspace {settings.home} now")
    if added.join.ambiguous:
        say("Look at what could not be placed: marquee data show ambiguous")
    if added.n_rejected or added.n_remarks:
        say("Look at what could not be used: marquee data show rejects")


@app.command()
def check(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(help="Files to try without adding them.", show_default=False)
    ] = None,
    format_: Annotated[str | None, typer.Option("--as", help="Format of the files.")] = None,
    as_json: Json = False,
) -> None:
    """Count rows, rejects and ambiguous joins in the workspace, or in files before adding them."""
    from marquee.data.intake import check_source, check_workspace
    from marquee.data.workspace import Workspace

    settings: Settings = context.obj
    if path is None:
        checked = check_workspace(Workspace(settings.home))
    else:
        with progress(f"Reading {path}"):
            checked = check_source(path, format_)
    if as_json:
        say_json(checked)
        return
    say_table(("table", "rows"), checked.tables.items(), str(path or settings.home))
    if checked.rejects:
        head = ("source", "file", "column", "reason", "rows", "row kept")
        say_table(head, [tuple(reject.values()) for reject in checked.rejects], "Rejects")
    else:
        say("Nothing was rejected.")


@app.command()
def show(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A table, such as titles, ratings or rejects.")],
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1_000_000_000, help="How many rows.")
    ] = 10,
    columns: Annotated[bool, typer.Option(help="Say what the columns mean instead.")] = False,
    as_json: Json = False,
) -> None:
    """Show the first rows of a table, or what its columns mean."""
    from marquee.data.schema import SCHEMAS
    from marquee.data.workspace import Workspace
    from marquee.errors import ParameterError

    settings: Settings = context.obj
    if table not in SCHEMAS:
        raise ParameterError(f"there is no table {table!r}; there are {', '.join(SCHEMAS)}")
    if columns:
        meanings = [
            {"column": column.name, "type": str(dtype), "meaning": column.meaning}
            for column, dtype in zip(
                SCHEMAS[table].columns, SCHEMAS[table].dtypes.values(), strict=True
            )
        ]
        if as_json:
            say_json(meanings)
        else:
            say_table(
                ("column", "type", "meaning"),
                [tuple(row.values()) for row in meanings],
                SCHEMAS[table].meaning,
            )
        return
    frame = Workspace(settings.home).scan(table).head(limit).collect()
    if as_json:
        say_json(frame.to_dicts())
        return
    named = _named_titles(settings.home) if table == "ambiguous" else {}
    for number, row in enumerate(frame.iter_rows(named=True), 1):
        if number > 1:
            say()
        if named:
            row["candidates"] = [named.get(title, title) for title in row["candidates"]]
        _say_row(row)
    if frame.is_empty():
        say(f"Table {table} is empty.")


def _named_titles(home: Path) -> dict[int, str]:
    """Name, year and number of each title, for a person to choose from."""
    from marquee.data.workspace import Workspace

    titles = Workspace(home).scan("titles").select("title_id", "name", "year").collect()
    return {title: f"{name} ({year}) #{title}" for title, name, year in titles.iter_rows()}


def _say_row(row: dict[str, object]) -> None:
    """One line per column that holds something."""
    for name, value in row.items():
        if value is not None:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            say(f"{name:>16}  {text}")


@app.command()
def push(context: typer.Context, url: Url, as_json: Json = False) -> None:
    """Copy the tables in force to a folder or a store."""
    from marquee.lifecycle.copying import push_tables

    copy(context, "the tables", url, push_tables, to=url, as_json=as_json)


@app.command()
def pull(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Where tables were pushed to.")],
    as_json: Json = False,
) -> None:
    """Put the tables of a folder or a store in force, once all are here and right."""
    from marquee.lifecycle.copying import pull_tables

    copy(context, "the tables", url, pull_tables, to=context.obj.home, as_json=as_json)
