"""Models from the words of a command line."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Sequence
from types import UnionType
from typing import Any, Union

from marquee.errors import ParameterError
from marquee.models import ALGORITHMS, RECIPES
from marquee.models.base import Recommender


def make_model(name: str, params: Sequence[str] = ()) -> Recommender:
    """An unfitted model of that name with hyperparameters given as ``name=value``.

    Raises
    ------
    ParameterError
        If there is no such model or hyperparameter, or a value is of the wrong type or range.
    """
    if name in RECIPES:
        model = RECIPES[name]()
    elif name in ALGORITHMS:
        model = ALGORITHMS[name]()
    else:
        known = ", ".join(sorted({*ALGORITHMS, *RECIPES}))
        raise ParameterError(f"there is no model {name!r}; there are {known}")
    given = dict(_pair(text) for text in params)
    types = typing.get_type_hints(type(model))
    fields = {f.name: types[f.name] for f in dataclasses.fields(model) if f.init}
    simple = {name: of for name, of in fields.items() if _members(of) & {int, float, str, bool}}
    for key in given:
        if key not in simple:
            raise ParameterError(
                f"{name} has no parameter {key!r}; it has {', '.join(simple) or 'none'}"
            )
    values = {key: _value(key, text, simple[key]) for key, text in given.items()}
    return dataclasses.replace(model, **values)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"a parameter is given as name=value, got {text!r}")
    return name.strip(), value.strip()


def _members(annotation: Any) -> set[Any]:
    """The types that an annotation allows; those of a Literal are the types of its values."""
    origin = typing.get_origin(annotation)
    if origin in {Union, UnionType}:
        return set().union(*map(_members, typing.get_args(annotation)))
    if origin is typing.Literal:
        return {type(value) for value in typing.get_args(annotation)}
    return {annotation}


def _value(name: str, text: str, annotation: Any) -> Any:
    allowed = _members(annotation)
    if type(None) in allowed and text.lower() == "none":
        return None
    if bool in allowed and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for convert in (int, float, str):
        if convert in allowed:
            try:
                return convert(text)
            except ValueError:
                continue
    kinds = " or ".join(sorted(kind.__name__ for kind in allowed))
    raise ParameterError(f"{name} must be {kinds}, got {text!r}")
