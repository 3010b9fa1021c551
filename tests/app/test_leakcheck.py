"""``marquee leakcheck``: what it says, and the status that it ends with."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.slow


def test_what_is_clean_is_said_to_be_so(run: Run, world_home: Path) -> None:
    asked = ("--home", world_home, "leakcheck", "--data", "workspace", "--model", "popularity")
    done = run(*asked, "--split", "time:0.9", "--json")
    assert done.code == 0
    assert done.answer["verdict"] == "no leak found"
    assert len(done.answer["checks"]) == 8
    (mark,) = done.answer["fingerprints"].items()
    assert mark[0] == "time:0.9"
    assert len(mark[1]) == 64
    assert f"Fingerprint of time:0.9 {mark[1][:12]}." in run(*asked, "--split", "time:0.9").out
    said = run(*asked)
    assert said.code == 0
    assert "note: random:0.1 is no split by time" in said.out
    assert "LEAKING" not in said.out


def test_a_leak_ends_with_status_1_and_stays_on_an_evaluation(run: Run, world_home: Path) -> None:
    model = ("--data", "workspace", "--model", "gaussian-items", "--clock", "full")
    done = run("--home", world_home, "leakcheck", *model)
    assert done.code == 1
    assert "LEAKING: predictions know the moment of the test rating" in done.out
    shown = run("--home", world_home, "evaluate", *model, "--no-lists")
    assert shown.code == 0
    assert "LEAKING: predictions know the moment of the test rating" in shown.out
    told = run("--home", world_home, "evaluate", *model, "--no-lists", "--json").answer
    assert told["verdict"] == "LEAKING"


def test_the_columns_of_a_forecast_are_looked_at(run: Run, world_home: Path) -> None:
    asked = ("--home", world_home, "leakcheck", "--data", "workspace", "--target", "revenue")
    done = run(*asked, "--features", "budget,calendar", "--json")
    assert done.code == 0
    assert done.answer["verdict"] == "no leak found"
    refused = run(*asked, "--features", "budget,fame")
    assert refused.code != 0
    assert "there is no theme 'fame'" in refused.err


def test_the_planted_leaks_are_shown_to_a_person(run: Run, tmp_path: Path) -> None:
    told = run("--home", tmp_path, "leakcheck", "--planted", "--json")
    assert told.code == 0
    counts = {name: told.answer[name] for name in ("planted", "found", "clean", "raised")}
    assert counts == {"planted": 8, "found": 8, "clean": 20, "raised": 0}
    assert all(case["right"] for case in told.answer["cases"])
