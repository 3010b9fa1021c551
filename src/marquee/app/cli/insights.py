"""``marquee insights``: what the data say, as a report whose sentences can be checked."""

from __future__ import annotations

from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marquee.app.cli.console import note, progress, say, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marquee.app.report.checking import Difference
    from marquee.app.settings import Settings
    from marquee.data.tables import Tables
    from marquee.insights.base import Insight
    from marquee.insights.report import DataNote, Report
    from marquee.lifecycle.remote import Store

app = typer.Typer(
    help="What the data say, as reports whose sentences can be checked.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Data = Annotated[
    str | None,
    typer.Option(
        help="A set under MARQUEE_DATA or fetched, a path, or `world`; default the workspace.",
        show_default=False,
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", help="Format of the files; recognized if not given.", show_default=False),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of what is drawn at random.")]


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the questions that a report answers."""
    del context
    if as_json:
        say_json([{"key": i.key, "topic": i.topic, "question": i.question} for i in _all()])
        return
    rows = [(insight.key, insight.topic, insight.question) for insight in _all()]
    say_table(("key", "topic", "question"), rows)


@app.command()
def show(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="A key of `marquee insights list`.")],
    data: Data = None,
    format_: As = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Answer one question."""
    from marquee.app.report.cells import rows
    from marquee.app.report.machine import finding_document
    from marquee.app.report.page import counted

    (insight,) = _chosen([key])
    tables, described = _opened(context.obj, data, format_)
    with progress(insight.question):
        found = insight.ask(tables, seed)
    if as_json:
        say_json(finding_document(found))
        return
    for sentence in found.sentences:
        say(sentence.text)
    say()
    say_table(found.table.columns, rows(found))
    say(f"{counted(found, described)}.")
    for caveat in found.caveats:
        say(caveat.text)


@app.command()
def report(
    context: typer.Context,
    out: Annotated[str, typer.Option(help="File to write, or a URL such as s3://bucket/a.html.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="html, md, pdf or json; default the file's ending, else html."
        ),
    ] = None,
    data: Data = None,
    format_: As = None,
    only: Annotated[
        list[str] | None, typer.Option(help="A key or topic to answer; repeatable.")
    ] = None,
    charts: Annotated[bool, typer.Option(help="Draw charts; without, tables stand alone.")] = True,
    seed: Seed = 0,
) -> None:
    """Write what the data say to all questions, or to some, as one file."""
    from marquee import __version__
    from marquee.app.report.writing import FORMATS, write_report
    from marquee.errors import ParameterError
    from marquee.insights.report import make_report

    name = PurePosixPath(out).name if "://" in out else Path(out).name
    wanted = form or Path(name).suffix.lstrip(".").lower() or "html"
    if wanted not in FORMATS:
        raise ParameterError(f"a report is written as {', '.join(FORMATS)}, not {wanted!r}")
    store = _store(out)
    if store is None and not Path(out).parent.exists():
        raise ParameterError(f"there is no folder {Path(out).parent} to write {name} into")
    insights = _chosen(only or [])
    tables, described = _opened(context.obj, data, format_)
    made = {
        "marquee": __version__,
        "data": data or "workspace",
        "as": format_,
        "seed": seed,
        "made_on": date.today().isoformat(),
        "only": [insight.key for insight in insights] if only else [],
        "charts": charts,
    }
    with progress("Asking") as tick:
        found = make_report(
            tables, insights, described, made_on=date.today(), seed=seed, on_step=tick
        )
    with TemporaryDirectory(prefix="marquee-") as folder, progress("Drawing") as tick:
        path = Path(out) if store is None else Path(folder, name)
        files = write_report(found, path, wanted, made, charts=charts, on_drawn=tick)
        if store is not None:
            # The report last: where it is, its pictures are.
            for file in reversed(files):
                store.put(file, file.relative_to(folder).as_posix())
    beside = f" and {len(files) - 1} charts beside it" if len(files) > 1 else ""
    say(
        f"Wrote {out}{beside}: {_many(len(found.findings), 'finding')}, "
        f"{_many(len(found.unanswered), 'question')} that these data do not answer."
    )


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="A page that `marquee insights report` wrote, or its URL.")
    ],
    data: Data = None,
    format_: As = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Draw the charts again too, and compare them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compute every sentence and table of a report anew, and name what no longer holds.

    The exit status is 1 where something does not. The data are those that the report names.
    """
    from marquee import __version__
    from marquee.app.report.checking import differences, read_page
    from marquee.app.report.page import page
    from marquee.errors import ParameterError, SourceError
    from marquee.insights.report import make_report

    store = _store(file)
    if store is None and not Path(file).is_file():
        raise ParameterError(f"there is no file {file}; `marquee insights report` writes one")
    content = Path(file).read_bytes() if store is None else store.read(PurePosixPath(file).name)
    html = content.decode("utf-8", errors="replace")
    told = read_page(html)
    try:
        made: dict[str, Any] = told.made
        made_on, seed = date.fromisoformat(made["made_on"]), int(made["seed"])
        name, only = str(made["data"]), [str(key) for key in made["only"]]
        read_as = None if made["as"] is None else str(made["as"])
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{file} does not say how it was made: {error}") from None
    if made.get("marquee") != __version__:
        note(f"The report is of Marquee {made.get('marquee')}, and this is {__version__}.")
    tables, described = _opened(context.obj, data or name, format_ if data else read_as, name)
    with progress("Asking again") as tick:
        anew = make_report(
            tables, _chosen(only), described, made_on=made_on, seed=seed, on_step=tick
        )
    with_charts = bool(made.get("charts", True))
    found = differences(told, read_page(page(anew, _spoken(anew) if with_charts else {}, made)))
    if pictures and with_charts:
        found += _redrawn(html, anew)
    if as_json:
        say_json([{"place": place, "report": one, "data": two} for place, one, two in found])
    else:
        _say_differences(found, len(told.texts))
    if found:
        raise typer.Exit(1)


def _store(where: str) -> Store | None:
    """The store in which a URL lies; None for a file."""
    if "://" not in where:
        return None
    from marquee.lifecycle.remote import Store

    return Store(where.rpartition("/")[0])


def _spoken(report: Report) -> dict[str, str]:
    """Empty drawings that say what the charts of the report say to who cannot see them."""
    from html import escape

    return {
        finding.key: f'<svg aria-label="{escape(finding.chart.alt.text)}"></svg>'
        for finding in report.findings
        if finding.chart is not None
    }


def _redrawn(html: str, anew: Report) -> list[Difference]:
    """The charts that are not what is drawn of the same data now."""
    from marquee.app.report.checking import Difference, pictures
    from marquee.app.report.theme import ON_PAGE
    from marquee.app.report.writing import drawn

    with progress("Drawing again") as tick:
        now = drawn(anew, ON_PAGE, tick)
    kept = pictures(html)
    if len(kept) != len(now):
        return [Difference("charts", f"{len(kept)} charts", f"{len(now)} charts")]
    return [
        Difference(f"{key}/chart", "another picture", "the picture drawn anew")
        for (key, svg), old in zip(now.items(), kept, strict=True)
        if svg != old
    ]


def _say_differences(found: Sequence[Difference], n: int) -> None:
    for difference in found:
        place, one, two = difference
        say(f"{place} does not hold")
        say(f"  report: {one or '(nothing)'}")
        say(f"  data:   {two or '(nothing)'}")
        if one and two and len(difference.changes) <= 3:
            changes = [f"{was!r} is {now!r} in the data" for was, now in difference.changes]
            say(f"  {'; '.join(changes)}")
    verb = "does" if len(found) == 1 else "do"
    some = f"{_many(len(found), 'text')} of {n:,} {verb} not hold."
    say(some if found else f"All {n:,} texts hold.")


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _all() -> list[Insight]:
    from marquee.insights import INSIGHTS

    return list(INSIGHTS.values())


def _chosen(names: Sequence[str]) -> list[Insight]:
    """The insights of those keys and topics; all of them where none is named.

    Raises
    ------
    ParameterError
        If one is neither.
    """
    from difflib import get_close_matches

    from marquee.errors import ParameterError

    known = {name for insight in _all() for name in (insight.key, insight.topic)}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "see `marquee insights list`"
            raise ParameterError(f"there is no question {name!r}; {hint}")
    return [i for i in _all() if not names or i.key in names or i.topic in names]


def _opened(
    settings: Settings, data: str | None, format_: str | None, called: str | None = None
) -> tuple[Tables, DataNote]:
    """The tables, and what a report says of them; ``called`` is the name that it gives them."""
    from marquee.data.workspace import Workspace
    from marquee.errors import WorkspaceError
    from marquee.insights.report import note_data
    from marquee.service.datasets import open_data
    from marquee.service.library import fictional_notes

    name = data or "workspace"
    with progress(f"Reading {name}"):
        opened = open_data(name, settings.home, settings.data, needs_ratings=False, source=format_)
    tables = opened.tables
    if tables.titles.is_empty():
        raise WorkspaceError(
            f"{settings.home} holds no data; run `marquee world` or `marquee data add PATH`, or "
            "name a set with --data"
        )
    snapshot = Workspace(settings.home).snapshot if name == "workspace" else None
    shown = Path(called or name).name
    return tables, note_data(tables, shown, snapshot, fictional_notes(tables.titles))
