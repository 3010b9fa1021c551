"""What the command prints is readable by people and by programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from marquee.app.cli.console import progress, say_json, say_table


@dataclass(frozen=True)
class Inner:
    value: float


@dataclass(frozen=True)
class Outer:
    name: str
    inner: tuple[Inner, ...]
    where: Path
    day: date


def test_records_become_one_json_document_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    say_json(Outer("é", (Inner(1.5), Inner(float("nan"))), Path("a/b"), date(2020, 1, 2)))
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "name": "é",
        "inner": [{"value": 1.5}, {"value": None}],
        "where": "a/b",
        "day": "2020-01-02",
    }


def test_a_table_shows_square_brackets_and_empty_cells(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("name", "n"), [("[REC]", 1234), (None, 7)], "Films")
    printed = capsys.readouterr().out
    assert "[REC]" in printed
    assert "1,234" in printed
    assert "None" not in printed


def test_a_title_longer_than_its_table_stays_on_one_line_and_no_cell_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    title = "Workspace /a/long/way/down/to/some/home now"
    files = ["the_file_with_a_name_of_its_own_and_an_end_1.csv", "the_other_file_2.csv"]
    say_table(("file", "rows"), [(file, 1) for file in files], title)
    printed = capsys.readouterr().out
    assert title in printed.splitlines()
    assert "…" not in printed
    assert "1.csv" in printed


def test_an_empty_table_prints_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("name", "n"), [])
    assert "name" in capsys.readouterr().out


def test_away_from_a_terminal_progress_is_one_line_per_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress("Working") as tick:
        for done in range(1, 4):
            tick(done, 3)
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert lines == ["Working ...", "Working 1/3", "Working 2/3", "Working 3/3"]


def test_a_long_count_prints_some_twenty_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Working") as tick:
        for done in range(1, 1001):
            tick(done, 1000)
    assert 15 <= len(capsys.readouterr().err.splitlines()) <= 25
