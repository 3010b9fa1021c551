"""What holds for every file of the project, and for every member of its tables."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marquee import models
from marquee.data import sources
from marquee.data.sources import SOURCES, Source
from marquee.models import ALGORITHMS
from marquee.models.base import Recommender
from sources_kit import FIXTURES

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src" / "marquee").rglob("*.py"))
each_module = pytest.mark.parametrize(
    "path", MODULES, ids=[path.relative_to(ROOT / "src").as_posix() for path in MODULES]
)

MOST_LINES = 450
UNSAFE = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
"""Modules that run code of the file they read."""

MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:work|root|home/\w+|Users/\w+)\b")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# Every file


def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of tracked files")
    done = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = done.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {name}" for name in MACHINE_PATH.findall(text)]
    assert not found


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("cd /" + "work/main", True),
        ("open('/" + "root/.cache')", True),
        ("/" + "home/ann/films", True),
        ("--home=/" + "Users/ann", True),
        ("film/work of art", False),
        ("https://example.org/root/x", False),
        ("/workshop", False),
        ("--home .marquee", False),
    ],
)
def test_a_folder_of_a_machine_is_known_when_seen(text: str, is_one: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == is_one


# Every module


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Names of the module's public classes, functions and methods without a docstring."""
    if ast.get_docstring(tree) is None:
        yield "the module"
    holders: list[tuple[str, ast.Module | ast.ClassDef]] = [("", tree)]
    for prefix, holder in holders:
        for node in holder.body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                yield f"{prefix}{node.name}"
            if isinstance(node, ast.ClassDef):
                holders.append((f"{prefix}{node.name}.", node))


@each_module
def test_everything_public_says_what_it_is(path: Path) -> None:
    assert not list(undocumented(tree_of(path)))


def test_what_says_nothing_is_found() -> None:
    source = (
        "class A:\n  'a'\n  def f(self): ...\n  def _g(self): ...\ndef h(): ...\ndef _i(): ...\n"
    )
    assert list(undocumented(ast.parse(source))) == ["the module", "h", "A.f"]


@each_module
def test_a_module_is_one_idea_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def forbidden(tree: ast.Module) -> Iterator[str]:
    """What the module does that a library must not: print, or read what can run code."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print" | "eval" | "exec" as name)):
                yield name
            case ast.Import(names=names):
                yield from {alias.name.partition(".")[0] for alias in names} & UNSAFE
            case ast.ImportFrom(module=str(name)) if name.partition(".")[0] in UNSAFE:
                yield name
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allow_pickle=True"
            case _:
                pass


@each_module
def test_a_module_neither_prints_nor_reads_what_can_run_code(path: Path) -> None:
    assert not list(forbidden(tree_of(path)))


def test_printing_and_pickling_are_found() -> None:
    source = (
        "import pickle\nfrom joblib import load\nprint(np.load(x, allow_pickle=True))\neval(x)\n"
    )
    assert sorted(forbidden(ast.parse(source))) == [
        *("allow_pickle=True", "eval", "joblib", "pickle", "print"),
    ]


# Every algorithm and every source


def contracts() -> dict[str, Any]:
    """The import contracts by name."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        linter = tomllib.load(stream)["tool"]["importlinter"]
    return {contract["name"]: contract for contract in linter["contracts"]}


def siblings(contract: str) -> set[str]:
    """Modules that the contract keeps from importing one another: those of its top layer."""
    top = contracts()[contract]["layers"][0]
    return {name.strip(" ()") for name in top.split("|")}


def home_of(algorithm: type[Recommender]) -> str:
    return algorithm.__module__.rpartition(".")[2]


each_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


@each_algorithm
def test_an_algorithm_has_its_line_in_the_changelog(name: str) -> None:
    assert f"`{name}`" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@each_algorithm
def test_an_algorithm_has_tests_of_its_own(name: str) -> None:
    path = ROOT / "tests" / "models" / f"test_{home_of(ALGORITHMS[name])}.py"
    assert path.is_file()
    assert "def test_" in path.read_text(encoding="utf-8")


@each_algorithm
def test_an_algorithm_is_kept_from_the_others_and_from_evaluation(name: str) -> None:
    home = home_of(ALGORITHMS[name])
    assert home in siblings("Algorithms do not know one another")
    evaluation = contracts()["Evaluation knows the contract, not the algorithms"]
    assert f"marquee.models.{home}" in evaluation["forbidden_modules"]


def test_every_recommender_in_the_models_folder_is_entered() -> None:
    found = set()
    for module in pkgutil.iter_modules(models.__path__, "marquee.models."):
        found |= {
            value
            for value in vars(importlib.import_module(module.name)).values()
            if isinstance(value, type) and issubclass(value, Recommender)
        }
    # What algorithms share may be abstract; whatever can be made is entered.
    public = {k for k in found if not k.__name__.startswith("_") and not inspect.isabstract(k)}
    assert public == set(ALGORITHMS.values())


def test_every_source_has_an_ugly_example_and_every_example_a_source() -> None:
    assert set(FIXTURES) == set(SOURCES)


def readers() -> dict[str, list[Source]]:
    """The sources that each module of the sources folder defines, by name of the module."""
    found: dict[str, list[Source]] = {}
    for module in pkgutil.iter_modules(sources.__path__):
        read = importlib.import_module(f"marquee.data.sources.{module.name}")
        defined = [value for value in vars(read).values() if isinstance(value, Source)]
        if defined:
            found[module.name] = defined
    return found


def test_every_reader_is_entered_and_every_entry_has_its_reader() -> None:
    assert {source.name for defined in readers().values() for source in defined} == set(SOURCES)


def test_every_reader_is_kept_from_the_others() -> None:
    assert set(readers()) <= siblings("Sources do not know one another")


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_its_name_in_the_changelog(name: str) -> None:
    assert f"`{name}`" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
