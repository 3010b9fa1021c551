"""What every recommender is, can do and takes, read from where its author wrote it down."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

from marquee.errors import ParameterError
from marquee.models import ALGORITHMS, RECIPES
from marquee.models.abilities import (
    ExplainsLists,
    ExplainsScores,
    FindsSimilarItems,
    PredictsRatings,
    PredictsRatingsAt,
    UsesTitles,
    UsesViewers,
)
from marquee.models.base import Recommender

ABILITIES: tuple[tuple[type[Any], str], ...] = (
    (PredictsRatings, "predicts ratings"),
    (PredictsRatingsAt, "predicts ratings at a moment"),
    (ExplainsScores, "explains its picks"),
    (ExplainsLists, "explains whole lists at little cost"),
    (FindsSimilarItems, "finds similar titles"),
    (UsesTitles, "learns from what titles are about"),
    (UsesViewers, "learns from who viewers are"),
)
"""Each ability of a recommender, in words."""

COMMON = {
    "seed": "Seed of whatever is drawn at random; the same seed gives the same model.",
    "n_threads": "Most threads that work at once; every number of them gives the same model.",
    "factors": "Length of the vectors that stand for viewers and titles.",
    "epochs": "Passes over the training data.",
    "learning_rate": "Length of a step of gradient descent.",
    "clock": "What may be known of times: none, past (the viewer's strictly earlier ratings) or "
    "full (all of them, and the moment that is asked about).",
}
"""Meaning of parameters that mean the same everywhere, where a class does not tell itself."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameter:
    """A hyperparameter."""

    name: str
    type: str
    default: Any
    """None, a bool, a number or text; anything else in words."""
    meaning: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A recommender that can be named on the command line."""

    name: str
    summary: str
    """What its scores are, in a sentence."""
    personal: bool
    """Whether two viewers can get the titles in a different order."""
    abilities: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    paper: str
    """Where it was published; empty for a recipe, whose members tell."""
    members: tuple[str, ...] = ()
    """Classes that a recipe is made of."""


def catalog() -> list[Entry]:
    """Every entry of ``ALGORITHMS`` and ``RECIPES`` by ascending name."""
    entries = [_algorithm(name, algorithm) for name, algorithm in ALGORITHMS.items()]
    entries += [_recipe(name, make) for name, make in RECIPES.items()]
    return sorted(entries, key=lambda entry: entry.name)


def abilities_of(model: Recommender | type[Recommender]) -> tuple[str, ...]:
    """What the model can do, in words; that of a class is what each of its instances can."""
    words = ["ranks titles"]
    for ability, told in ABILITIES:
        has = issubclass(model, ability) if isinstance(model, type) else isinstance(model, ability)
        if has:
            words.append(told)
    return tuple(words)


def meanings(algorithm: type[Recommender]) -> dict[str, str]:
    """The string under each field of the class, or of one it inherits from, in one line."""
    found: dict[str, str] = {}
    for owner in reversed(algorithm.__mro__):
        if not dataclasses.is_dataclass(owner):
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
        assert isinstance(body, ast.ClassDef)
        for field, below in zip(body.body, body.body[1:], strict=False):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str() as text)),
                ):
                    found[name] = _one_line(text)
    return found


def paper_of(algorithm: type[Recommender]) -> str:
    """The section "References" of the docstring in one line; empty where there is none."""
    text = inspect.cleandoc(algorithm.__doc__ or "")
    _, section, below = text.partition("References\n----------\n")
    end = re.search(r"\n\w+\n-+\n", below)
    return _one_line(below[: end.start()] if end else below) if section else ""


def _algorithm(name: str, algorithm: type[Recommender]) -> Entry:
    try:
        model: Recommender | type[Recommender] = algorithm()
    except ParameterError:  # it has to be given members
        model = algorithm
    can = abilities_of(model)
    if model is algorithm:
        can = (*can, "and what its members can")
    return Entry(
        name=name,
        summary=_first_sentence(algorithm.__doc__),
        personal=algorithm.personal,
        abilities=can,
        parameters=_parameters(algorithm, model),
        paper=paper_of(algorithm),
    )


def _recipe(name: str, make: Callable[[], Recommender]) -> Entry:
    model = make()
    members = [value for value in model.params().values() if isinstance(value, tuple)]
    return Entry(
        name=name,
        summary=_first_sentence(make.__doc__),
        personal=model.personal,
        abilities=abilities_of(model),
        parameters=_parameters(type(model), model),
        paper="",
        members=tuple(
            type(member).__name__
            for value in members
            for member in value
            if isinstance(member, Recommender)
        ),
    )


def _parameters(
    algorithm: type[Recommender], model: Recommender | type[Recommender]
) -> tuple[Parameter, ...]:
    told = meanings(algorithm)
    values = model.params() if isinstance(model, Recommender) else {}
    return tuple(
        Parameter(
            name=field.name,
            type=field.type if isinstance(field.type, str) else field.type.__name__,
            default=_plain(values.get(field.name, field.default)),
            meaning=told.get(field.name) or COMMON.get(field.name, ""),
        )
        for field in dataclasses.fields(algorithm)
        if field.init
    )


def _plain(value: Any) -> Any:
    """The value if JSON knows it, else words for it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Recommender):
        return type(value).__name__
    if isinstance(value, tuple):
        return ", ".join(str(_plain(item)) for item in value)
    return str(value)


def _first_sentence(text: str | None) -> str:
    first = inspect.cleandoc(text or "").partition("\n\n")[0]
    return re.split(r"(?<=[.;])\s", _one_line(first))[0].rstrip(".;") + "."


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")
