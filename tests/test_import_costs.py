"""Starting is cheap: what a command does not need is not imported.

Modules are counted and not seconds, so that a busy machine says the same as a quiet one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

TERMINAL = {
    *("annotated_doc", "click", "marquee", "rich", "shellingham", "typer", "typing_extensions"),
    # Typer itself reads options with pydantic.
    *("annotated_types", "pydantic", "pydantic_core", "typing_inspection"),
}
"""What a page of help may load beyond the standard library."""

COMMANDS = (
    ["--help"],
    ["--version"],
    ["data", "--help"],
    ["evaluate", "--help"],
    ["compare", "--help"],
    ["fit", "--help"],
)

RUN = """
import json, runpy, sys
sys.argv = ["marquee", *{arguments}]
status = None
try:
    {statement}
except SystemExit as end:
    status = end.code or 0
sys.stderr.write(json.dumps([status, sorted(sys.modules)]))
"""


@cache
def loaded(
    statement: str, arguments: tuple[str, ...] = ()
) -> tuple[int | None, str, frozenset[str]]:
    """Exit status, output, and names of the modules loaded when the statement was done."""
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(statement=statement, arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    status, modules = json.loads(done.stderr)
    return status, done.stdout, frozenset(modules)


def foreign(modules: frozenset[str]) -> set[str]:
    """Top-level packages outside the standard library that a bare interpreter does not load."""
    bare = loaded("pass")[2]
    names = {name.partition(".")[0] for name in modules - bare} - sys.stdlib_module_names
    # The settings of the interpreter's own build carry its platform in their name.
    return {name for name in names if not name.startswith("_sysconfigdata")}


def test_importing_marquee_loads_marquee_alone() -> None:
    _, _, modules = loaded("import marquee")
    assert foreign(modules) == {"marquee"}
    assert {name for name in modules if name.startswith("marquee")} == {"marquee"}


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_page_of_help_loads_the_terminal_alone(arguments: list[str]) -> None:
    status, output, modules = loaded(
        'runpy.run_module("marquee", run_name="__main__")', tuple(arguments)
    )
    assert status == 0
    assert "marquee" in output
    assert foreign(modules) <= TERMINAL
    # 97 to 210 when this was written, most of them of the terminal packages.
    assert len(modules - loaded("pass")[2]) < 300
    ours = {name for name in modules if name.startswith("marquee.")}
    # The tree of commands and the errors; data, models and the web are for those who ask.
    assert all(name.startswith(("marquee.app", "marquee.errors")) for name in ours), ours


def test_naming_the_algorithms_compiles_and_learns_nothing() -> None:
    _, _, modules = loaded("import marquee.models")
    heavy = {"numba", "llvmlite", "pandas", "sklearn", "torch", "xgboost"}
    assert not heavy & foreign(modules)
