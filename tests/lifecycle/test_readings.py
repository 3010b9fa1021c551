"""The record of how often outcomes of test films were looked at."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from marquee.lifecycle.readings import Reading, n_readings, readings, record_reading

READING = Reading(
    day="2026-03-01",
    data_fingerprint="abc",
    target="revenue",
    split="time:2011",
    split_fingerprint="f00",
    first_asked="2012-01-06",
    last_asked="2016-09-09",
    models=("ridge", "ø"),
)


def test_every_look_counts(tmp_path: Path) -> None:
    log = tmp_path / "not yet" / "log.jsonl"
    assert n_readings(log, READING) == 0
    assert [record_reading(log, READING) for _ in range(3)] == [1, 2, 3]
    assert list(readings(log)) == [READING] * 3


@pytest.mark.parametrize(
    ("changed", "looks_at_the_same"),
    [
        ({"target": "success"}, True),
        ({"target": "profit"}, True),
        ({"target": "popularity"}, False),
        ({"data_fingerprint": "abd"}, False),
        ({"first_asked": "2016-09-09", "last_asked": "2017-01-01"}, True),
        ({"first_asked": "2016-09-10", "last_asked": "2017-01-01"}, False),
        ({"first_asked": "2009-01-01", "last_asked": "2012-01-05"}, False),
        ({"first_asked": "2009-01-01", "last_asked": "2012-01-06"}, True),
        ({"split": "rolling:2012-2016", "split_fingerprint": "f01"}, True),
        ({"models": ("xgboost",), "day": "2026-03-02"}, True),
    ],
)
def test_what_counts_are_the_films_and_not_how_they_were_divided(
    tmp_path: Path, changed: dict[str, str], looks_at_the_same: bool
) -> None:
    record_reading(tmp_path / "log", READING)
    other = dataclasses.replace(READING, **changed)  # type: ignore[arg-type]  # fields of several types
    assert n_readings(tmp_path / "log", other) == int(looks_at_the_same)


def test_a_line_that_was_cut_off_loses_no_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    record_reading(log, READING)
    whole = log.read_text(encoding="utf-8")
    log.write_text(whole + whole[:40] + "\n[1]\n" + whole[:20], encoding="utf-8")
    assert record_reading(log, READING) == 2
    assert record_reading(log, READING) == 3
