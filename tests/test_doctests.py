"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import marquee

EXTRAS = {
    "pyspark",
    "sentence_transformers",
    "sqlalchemy",
    "streamlit",
    "torch",
    "altair",
    "mlflow",
}
"""Packages that an installation may lack; modules that need one are skipped without it."""

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(marquee.__path__, "marquee.")
    if not module.name.endswith("__main__")
)


def imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in EXTRAS:
            pytest.skip(f"{error.name} is not installed")
        raise


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_module_are_true(name: str) -> None:
    outcome = doctest.testmod(imported(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0


def test_there_are_examples_to_try() -> None:
    ids = imported("marquee.data.ids")
    assert doctest.testmod(ids).attempted >= 2
    assert "marquee.evaluation.metrics" in MODULES
