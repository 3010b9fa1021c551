"""A film on the command line: a file, a title of the catalog, or a handful of options."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from marquee.service.film_plan import FilmPlan

Film = Annotated[
    str | None,
    typer.Argument(
        help='A TOML or JSON file with a plan, or a title: "Alien (1979)", "#348".',
        show_default=False,
    ),
]
Day = Annotated[
    str | None,
    typer.Option("--today", help="Answer as of this day, YYYY-MM-DD.", show_default=False),
]
Texts = list[str] | None
OPTIONS: dict[str, Any] = {
    "title": Annotated[str | None, typer.Option(help="Working title.")],
    "budget": Annotated[
        str | None, typer.Option(help="Production budget in US dollars: 40000000, 40M.")
    ],
    "release": Annotated[
        str | None, typer.Option(help="Day or month of the release: 2026-06-19, 2026-06.")
    ],
    "runtime": Annotated[str | None, typer.Option(help="Minutes.")],
    "certificate": Annotated[str | None, typer.Option(help="PG-13, R and so on.")],
    "overview": Annotated[str | None, typer.Option(help="What it is about, in a few sentences.")],
    "collection": Annotated[str | None, typer.Option(help="The series that it is part of.")],
    "genres": Annotated[Texts, typer.Option("--genre", help="Repeatable, as all below.")],
    "directors": Annotated[Texts, typer.Option("--director", help="By name or person number.")],
    "cast": Annotated[Texts, typer.Option("--cast", help="The first billed first.")],
    "writers": Annotated[Texts, typer.Option("--writer")],
    "producers": Annotated[Texts, typer.Option("--producer")],
    "companies": Annotated[Texts, typer.Option("--company")],
    "languages": Annotated[Texts, typer.Option("--language")],
    "countries": Annotated[Texts, typer.Option("--country")],
    "keywords": Annotated[Texts, typer.Option("--keyword")],
}
"""Options that describe a film, by the field of a plan that they tell."""

UNNAMED = "Untitled"
"""Title of a film that is described by options alone."""

ANY_YEAR = 2000

UNITS = {"k": 1e3, "m": 1e6, "b": 1e9}


def describes_film(command: Callable[..., None]) -> Callable[..., None]:
    """The command with all of :data:`OPTIONS`, which it gets as the one mapping ``given``.

    Typer reads options off the signature of a function; this writes them there once for all.
    """
    own = inspect.signature(command, eval_str=True)
    kept = [each for each in own.parameters.values() if each.name != "given"]
    words = inspect.Parameter.POSITIONAL_OR_KEYWORD
    options = [
        inspect.Parameter(name, words, default=None, annotation=option)
        for name, option in OPTIONS.items()
    ]

    @functools.wraps(command)
    def asked(**said: Any) -> None:
        given = options_of({name: said.pop(name) for name in OPTIONS})
        command(**said, given=given)

    parameters = [*kept, *options]
    asked.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # what Typer reads
    asked.__annotations__ = {each.name: each.annotation for each in parameters}
    return asked


OPENING = frozenset(("release_date", "year", "month"))
"""Fields that say when a film opens; whoever gives one in an option means it instead of all."""


def told_of(film: str | None, given: Mapping[str, Any]) -> dict[str, Any] | str:
    """The fields of a plan that the words of the command line tell, or the words for a title.

    Options win over the file; a title of the catalog takes none. Whatever is wrong with a plan in
    itself is told here, before any data are read.

    Raises
    ------
    MarqueeError
        If there is no such file, it is neither TOML nor JSON, or the plan is wrong.
    """
    from marquee.errors import ParameterError
    from marquee.service.film_plan import film_plan

    if film is None:
        if not given:
            raise ParameterError(
                "name a film: a TOML or JSON file, a title of the catalog such as '#12', or "
                "options such as --budget 40M --genre Drama --release 2026-06"
            )
        values = {"title": UNNAMED, **given}
    elif Path(film).suffix.lower() in (".toml", ".json") or Path(film).is_file():
        kept = read_plan(Path(film))
        if not OPENING.isdisjoint(given):
            kept = {name: value for name, value in kept.items() if name not in OPENING}
        values = {**kept, **given}
    elif given:
        raise ParameterError(
            f"{film!r} is asked about as the catalog has it; change it with `marquee forecast "
            "what-if --set`, or describe a film by a file or by options alone"
        )
    else:
        return film
    film_plan(values)
    return values


def film_of(
    titles: pl.DataFrame, told: Mapping[str, Any] | str, changes: Mapping[str, Any], today: date
) -> FilmPlan | int:
    """The plan or the number of the title that :func:`told_of` tells of, as the titles have it.

    Raises
    ------
    MarqueeError
        If there is no such title, a film of the plan's name is out, or a genre or a change of the
        plan is none.
    """
    from marquee.service.catalog import Catalog
    from marquee.service.film_names import FilmNames
    from marquee.service.film_plan import FilmPlan

    names = FilmNames(titles)
    if isinstance(told, str):
        number = Catalog(titles).find(told).title_id
        # Its own fields are not read yet; a change of them is right or wrong whatever they are.
        FilmPlan(title=UNNAMED, year=ANY_YEAR, month=1).with_changes(changes, names.genres)
        return number
    plan = names.plan(told)
    names.refuse_released(plan, today)
    plan.with_changes(changes, names.genres)
    return plan


def read_plan(path: Path) -> dict[str, Any]:
    """The keys and values of a TOML or JSON file.

    Raises
    ------
    ParameterError
        If it is missing, or neither TOML nor JSON; the text says where.
    """
    import tomllib

    from marquee.errors import ParameterError

    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ParameterError(f"{path} does not exist") from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise ParameterError(f"{path} is no text in UTF-8 ({error})") from None
    try:
        values = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise ParameterError(f"{path} is not {kind}: {error}") from None
    if not isinstance(values, dict):
        raise ParameterError(f'{path} must hold one object, such as {{"title": "A Film"}}')
    return values


def options_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, as a plan takes them."""
    given = {name: value for name, value in said.items() if value not in (None, [], ())}
    if "budget" in given:
        given["budget_usd"] = money_of(given.pop("budget"))
    if "runtime" in given:
        given["runtime_min"] = number_of(given.pop("runtime"), "runtime")
    if "release" in given:
        given |= release_of(given.pop("release"))
    return given


def release_of(text: str) -> dict[str, Any]:
    """The fields of a release given as a day or a month."""
    month = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip())
    if month:
        return {"year": int(month[1]), "month": int(month[2])}
    return {"release_date": text}


def money_of(text: str) -> float:
    """Dollars of ``40000000``, ``40,000,000``, ``$40M`` or ``4e7``."""
    from marquee.errors import ParameterError

    plain = text.strip().replace(",", "").replace("_", "").removeprefix("$").lower()
    unit = UNITS.get(plain[-1:])
    try:
        return float(plain[:-1]) * unit if unit else float(plain)
    except ValueError:
        raise ParameterError(
            f"a budget is an amount of US dollars such as 40000000 or 40M, got {text!r}"
        ) from None


def changes_of(words: Sequence[str]) -> dict[str, Any]:
    """Changes given as ``budget=60M``, ``release=2026-12`` or ``genres=Drama,Comedy``.

    Names are those of a plan, without their unit if one likes; nothing after the sign makes a field
    unknown.
    """
    from marquee.errors import ParameterError
    from marquee.service.film_plan import LISTS, PEOPLE

    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name:
            raise ParameterError(
                f"a change is given as name=value, such as budget=60M, got {word!r}"
            )
        name = {"budget": "budget_usd", "runtime": "runtime_min"}.get(name, name)
        if name in ("release", "release_date") and value:
            found |= release_of(value)
        elif not value:
            found["release_date" if name == "release" else name] = None
        elif name == "budget_usd":
            found[name] = money_of(value)
        elif name in ("runtime_min", "year", "month"):
            found[name] = number_of(value, name)
        elif name in (*LISTS, *PEOPLE):
            found[name] = [part.strip() for part in value.split(",") if part.strip()]
        else:
            found[name] = value
    return found


def number_of(text: str, name: str) -> float:
    """The number that the text is; ``ParameterError`` naming the field if it is none."""
    from marquee.errors import ParameterError

    try:
        return float(text)
    except ValueError:
        raise ParameterError(f"{name} must be a number, got {text!r}") from None
