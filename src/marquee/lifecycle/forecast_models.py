"""Unfitted forecasters and classifiers by their public names, set up for a target."""

from __future__ import annotations

import dataclasses
import importlib.util
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import OF_MONEY, Target
from marquee.forecast import CLASSIFIERS, DEFAULT_FORECASTER, FORECASTERS
from marquee.forecast.base import Classifier, Forecaster
from marquee.forecast.defaults import default_forecaster

Model = Forecaster | Classifier

ALL = "all"
"""Word for every model that fits the target."""

BASELINE_TWINS = ("budget-multiple", "majority", "mean", "prior")
"""Models that say what a baseline says, which stands in every table anyway."""

MONEY_ONLY = ("budget-multiple", "comparables")

_SCALES = {"popularity": "log1p", "audience": "plain"}
"""Scale on which an outcome is learned; money on the logarithm, which is every model's own."""


def known_models(target: Target) -> tuple[str, ...]:
    """Names of the models that fit the target.

    Of success: the classifiers, and with ``forecaster:`` before their name the forecasters whose
    revenue the classes follow from.
    """
    forecasters = [name for name in FORECASTERS if target in OF_MONEY or name not in MONEY_ONLY]
    if target != "success":
        return tuple(forecasters)
    clash = [f"forecaster:{name}" if name in CLASSIFIERS else name for name in forecasters]
    return (*CLASSIFIERS, *clash)


def forecast_models(names: Iterable[str], target: Target, *, seed: int = 0) -> dict[str, Model]:
    """Unfitted models of the target by name, in the order of the names.

    ``all`` stands for every model that fits the target but those that say what a baseline says; a
    model whose library is not installed is then left out.

    Raises
    ------
    ParameterError
        If there is no such model, or none is named.
    """
    found: dict[str, Model] = {}
    for name in names:
        if name == ALL:
            found |= {each: _model(each, target, seed) for each in _every(target)}
        else:
            found[name] = _model(name, target, seed)
    if not found:
        raise ParameterError(f"name a model; there are {', '.join(known_models(target))}")
    return found


def with_settings(models: Mapping[str, Model], settings: Mapping[str, str]) -> dict[str, Model]:
    """The models with those hyperparameters, given as words, set in all that have them.

    ``none`` is None where a setting may be that; other words are read as the kind of value that the
    model has by itself.

    Raises
    ------
    ParameterError
        If no model has such a setting, or the word is no value of it; the text lists what can be
        set.
    """
    can = {name: _settable(model) for name, model in models.items()}
    for setting in settings:
        if not any(setting in own for own in can.values()):
            told = "; ".join(f"{name}: {', '.join(own) or 'nothing'}" for name, own in can.items())
            raise ParameterError(f"no model has a setting {setting!r}; there are for {told}")
    found = {}
    for name, model in models.items():
        own: dict[str, Any] = {
            setting: _value(setting, word, *can[name][setting])
            for setting, word in settings.items()
            if setting in can[name]
        }
        found[name] = dataclasses.replace(model, **own)
    return found


def _settable(model: Model) -> dict[str, tuple[object, str]]:
    """Hyperparameters that one word can say: what they are now, and their declared type."""
    kept = ("seed", "outcome_scale", "n_classes")
    declared = {each.name: str(each.type) for each in dataclasses.fields(model)}
    return {
        name: (value, declared[name])
        for name, value in model.params().items()
        if name not in kept and (value is None or isinstance(value, bool | int | float | str))
    }


def _value(setting: str, word: str, now: object, declared: str) -> Any:
    """What the word says, as the kind of value that the setting has; of None any kind."""
    if word.lower() == "none" and "None" in declared:
        return None
    kinds: dict[type, tuple[str, Callable[[str], Any]]] = {
        bool: ("true or false", lambda text: {"true": True, "false": False}[text.lower()]),
        int: ("a whole number of 0 or more", lambda text: _counted(int(text))),
        float: ("a number of 0 or more", lambda text: _counted(float(text))),
    }
    if type(now) in kinds:
        words, read = kinds[type(now)]
        try:
            return read(word)
        except (KeyError, ValueError):
            raise ParameterError(f"{setting} must be {words}, got {word!r}") from None
    if now is None or "float" in declared:
        for read in (int, float):
            try:
                return read(word)
            except ValueError:
                continue
    return word


def _counted(value: float) -> float:
    """The value; ``ValueError`` for one that no setting has: negative or not finite."""
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(value)
    return value


def _every(target: Target) -> list[str]:
    if target == "success":
        names = [*CLASSIFIERS, DEFAULT_FORECASTER]
    else:
        names = list(known_models(target))
    without = set(BASELINE_TWINS)
    if importlib.util.find_spec("torch") is None:
        without.add("network")
    return [name for name in names if name not in without]


def _model(name: str, target: Target, seed: int) -> Model:
    known = known_models(target)
    kind, _, own = name.rpartition(":")
    if name not in known and f"{kind}:{own}" not in _in_full(known, target):
        raise ParameterError(
            f"there is no model {name!r} of {target}; there are {', '.join(known)}"
        )
    if own == DEFAULT_FORECASTER:
        return default_forecaster(target, seed=seed)
    classified = target == "success" and kind != "forecaster" and own in CLASSIFIERS
    model: Model = CLASSIFIERS[own]() if classified else FORECASTERS[own]()
    return _set_up(model, target, seed)


def _in_full(known: Iterable[str], target: Target) -> set[str]:
    """The names with the kind of model before them."""
    names = [name for name in known if ":" not in name]
    kinds = [
        "classifier" if target == "success" and name in CLASSIFIERS else "forecaster"
        for name in names
    ]
    return {f"{kind}:{name}" for kind, name in zip(kinds, names, strict=True)}


def _set_up(model: Model, target: Target, seed: int) -> Model:
    """The model with the seed, and on the scale of the target, its members too."""
    params = model.params()
    settings: dict[str, Any] = {}
    if "seed" in params:
        settings["seed"] = seed
    if "outcome_scale" in params and target in _SCALES:
        settings["outcome_scale"] = _SCALES[target]
    if "members" in params:
        settings["members"] = tuple(_set_up(each, target, seed) for each in params["members"])
    return dataclasses.replace(model, **settings)
