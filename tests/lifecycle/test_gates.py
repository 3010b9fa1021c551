"""Each gate says no where it must, and why; together they keep what is worse from answering."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.lifecycle.gates import GATES, Bounds, Evidence, Figures, Verdict, judge, read_bounds
from marquee.lifecycle.golden import faults, read_golden
from marquee.lifecycle.lists import ListFigures
from marquee.models.ease import EASE
from recommender_kit import checkerboard

pytestmark = pytest.mark.slow

N = 400
RNG = np.random.default_rng(3)
PLAIN = RNG.uniform(0, 0.4, N)
GOOD = np.where(np.arange(N) % 2 == 0, PLAIN, np.clip(PLAIN + RNG.normal(0.1, 0.05, N), 0, 1))
ALL = np.ones(N, np.bool_)


def lists(**changes: float) -> ListFigures:
    return ListFigures(
        **{"coverage": 0.5, "head_share": 0.6, "overlap": 0.2, "gini": 0.8} | changes
    )


def figures(values: NDArray[np.float64] = GOOD, **changes: float) -> Figures:
    return Figures(values=values, lists=lists(**changes))


def evidence(**changes: Any) -> Evidence:
    """That on a model which passes every gate."""
    good: dict[str, Any] = {
        "window": "time:0.9",
        "leaks": (),
        "candidate": figures(),
        "serving": figures(),
        "popularity": figures(PLAIN, coverage=0.1, head_share=1.0, overlap=0.7),
        "saved": GOOD + 0.01,
        "known": np.arange(N) % 2 == 1,
        "segments": {"everybody": ALL},
        "latency_ms": 3.0,
        "memory_mb": 20.0,
        "golden": None,
    }
    return Evidence(**good | changes)


def verdict(gate: str, given: Evidence, **bounds: Any) -> Verdict:
    [found] = [each for each in judge(given, Bounds(**bounds)) if each.gate == gate]
    return found


def test_a_model_as_good_as_the_one_that_answers_passes_every_gate() -> None:
    for given in (evidence(), evidence(serving=None)):
        found = judge(given, Bounds())
        assert [each.gate for each in found] == list(GATES)
        assert [each.gate for each in found if not each.passed] == []
        assert all(each.reason for each in found)


WORSE = GOOD - np.where(np.arange(N) % 3 == 0, 0.08, 0.0)
FEW = np.where(np.arange(N) < 12, GOOD, np.nan)
LOST = GOOD - np.where(np.arange(N) < 60, 0.1, -0.02)
UNSURE = GOOD + RNG.normal(0, 0.6, N)


@pytest.mark.parametrize(
    ("gate", "changes", "reason"),
    [
        ("leak", {"leaks": ("3 tested ratings were learned from",)}, "3 tested ratings"),
        ("accuracy", {"candidate": figures(WORSE)}, "worse than what answers"),
        ("accuracy", {"candidate": figures(UNSURE)}, "it may lose more than 0.02"),
        ("accuracy", {"candidate": figures(FEW)}, "12 viewers in time:0.9 are too few to tell"),
        ("taste", {"candidate": figures(PLAIN)}, "not been shown to know anybody's taste"),
        ("taste", {"known": np.arange(N) < 9}, "9 viewers in time:0.9 have a history"),
        ("saved model", {"saved": RNG.permutation(GOOD) * 0.5}, "not the model that was measured"),
        ("saved model", {"saved": np.full(N, np.nan)}, "not the model that was measured"),
        ("coverage", {"candidate": figures(coverage=0.12)}, "what answers covers 50.0%"),
        (
            "coverage",
            {"candidate": figures(coverage=0.12), "serving": None},
            "12.0% of the catalog; at least 12.5% is asked, since what is popular covers 10.0%",
        ),
        ("coverage", {"candidate": figures(coverage=float("nan"))}, "nan% of the catalog"),
        ("popularity", {"candidate": figures(overlap=0.65)}, "nearly everybody gets the same"),
        (
            "popularity",
            {"candidate": figures(head_share=0.71)},
            "71.0% of the places, more than 70",
        ),
        (
            "fairness",
            {"candidate": figures(LOST), "segments": {"early": np.arange(N) < 60, "all": ALL}},
            "loses accuracy for early by -0.1",
        ),
        ("latency", {"latency_ms": 100.1}, "take 100.1 ms or less, of 100 ms"),
        ("memory", {"memory_mb": 4_097.0}, "4,097.0 MB of 4,096 MB"),
        ("golden lists", {"golden": ("heists: lacks title 3",)}, "heists: lacks title 3"),
    ],
)
def test_a_gate_refuses_with_its_reason(gate: str, changes: dict[str, Any], reason: str) -> None:
    found = verdict(gate, evidence(**changes))
    assert not found.passed
    assert reason in found.reason


def test_a_loss_that_all_others_make_up_for_is_still_one_for_those_who_lose() -> None:
    lost = evidence(candidate=figures(LOST), segments={"early": np.arange(N) < 60})
    assert verdict("accuracy", lost).passed
    assert not verdict("fairness", lost).passed


def test_of_many_segments_one_may_seem_to_lose_by_chance() -> None:
    rng = np.random.default_rng(7)
    segments = {str(place): rng.permutation(N) < 60 for place in range(20)}
    refused = sum(
        not verdict(
            "fairness",
            evidence(candidate=figures(GOOD + rng.normal(0, 0.15, N)), segments=segments),
        ).passed
        for _ in range(12)
    )
    assert refused <= 1


def test_a_small_segment_is_not_judged() -> None:
    lost = evidence(candidate=figures(LOST), segments={"few": np.arange(N) < 29})
    assert "all are small" in verdict("fairness", lost).reason
    assert not verdict("fairness", lost, min_segment=29).passed


def test_bounds_are_those_of_the_workspace(tmp_path: Path) -> None:
    assert read_bounds(tmp_path) == Bounds()
    (tmp_path / "gates.json").write_text('{"max_latency_ms": 2}')
    bounds = read_bounds(tmp_path)
    assert bounds == dataclasses.replace(Bounds(), max_latency_ms=2)
    assert [each.gate for each in judge(evidence(), bounds) if not each.passed] == ["latency"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "must be an object with any of max_loss"),
        ('{"max_los": 1}', "must be an object with any of max_loss"),
        ('{"max_loss": -1}', "max_loss of gates.json must be a number from 0, got -1"),
        ('{"max_loss": "1"}', "must be a number"),
        ('{"max_loss": true}', "must be a number"),
        ('{"max_loss": NaN}', "must be a number"),
    ],
)
def test_bounds_that_cannot_be_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "gates.json").write_text(content)
    with pytest.raises(ParameterError, match=message):
        read_bounds(tmp_path)


# Golden lists


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    def written(content: object) -> Path:
        (tmp_path / "golden.json").write_text(json.dumps(content))
        return tmp_path

    return written


def test_golden_lists_hold_what_they_must_and_lack_what_they_must_not(
    write: Callable[[object], Path],
) -> None:
    board = checkerboard()
    model = EASE(l2=1.0).fit(board)
    even = board.items.ids[board.take([0]).matrix.indices].tolist()
    odd = sorted(set(board.items.ids.tolist()) - set(even))
    entry = {"name": "even", "ratings": {str(even[0]): 5, str(even[1]): 4}, "k": 2}
    home = write([entry | {"holds": [even[2]], "lacks": odd[:1]}])
    golden = read_golden(home)
    assert golden is not None
    assert faults(model, golden) == ()
    home = write([entry | {"holds": odd[:1], "lacks": [even[2]]}, entry | {"holds": [999]}])
    golden = read_golden(home)
    assert golden is not None
    assert faults(model, golden) == (
        f"even: lacks title {odd[0]}",
        f"even: holds title {even[2]}",
        "even: the model knows no title 999",
    )


def test_no_golden_lists_are_none(tmp_path: Path) -> None:
    assert read_golden(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        {},
        [3],
        [{"name": "a"}],
        [{"name": "a", "ratings": {"x": 1}}],
        [{"name": "a", "ratings": {}, "k": 0}],
        3,
    ],
)
def test_golden_lists_that_are_none_are_refused(
    write: Callable[[object], Path], content: object
) -> None:
    if content == {}:
        assert read_golden(write(content)) == []
        return
    with pytest.raises(ParameterError, match="must be a list of objects with name, ratings"):
        read_golden(write(content))
