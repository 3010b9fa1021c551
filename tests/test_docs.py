"""Pages that are generated say what the code says today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from marquee.data.sources import SOURCES

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_of_tables_is_what_its_tool_writes() -> None:
    written = (ROOT / "docs/reference/tables.md").read_text(encoding="utf-8")
    tool = "import sys; sys.path.insert(0, 'tools'); import tables_page; print(tables_page.page())"
    asked = subprocess.run(
        [sys.executable, "-c", tool], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert asked.stdout.rstrip("\n") == written.rstrip("\n"), "run: python tools/tables_page.py"


def test_the_guide_names_every_format() -> None:
    guide = (ROOT / "docs/guide/data.md").read_text(encoding="utf-8")
    assert set(SOURCES) <= set(re.findall(r"`([a-z0-9-]+)`", guide))


@pytest.mark.parametrize(
    "page",
    sorted(
        path.relative_to(ROOT).as_posix()
        for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    ),
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    prose = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.real
def test_the_python_of_the_readme_runs(data_root: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    check = "\nassert items.shape == scores.shape == (3, 10) and (items >= 0).all()"
    subprocess.run([sys.executable, "-c", code + check], cwd=data_root, check=True)


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)$", (ROOT / "README.md").read_text(), 8))
    assert {word for pair in named for word in pair if word} <= targets
