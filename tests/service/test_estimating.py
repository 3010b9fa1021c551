"""Lists that were shuffled now and then tell what another model would have earned by its order."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.app.lists import exposure
from marquee.data.feedback.frames import EXPOSURES
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError
from marquee.lifecycle.experiment_reading import figures
from marquee.lifecycle.experiments import Arm, Experiment, start
from marquee.service.engine import Engine
from marquee.service.estimating import ModelEstimate, estimate
from marquee.service.filters import Filters
from marquee.service.taste import AS_SCORED
from marquee.service.trial import Trial
from trial_kit import two_models

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=3)
TOP = 4
LOOKS = np.array([0.9, 0.6, 0.4, 0.2])
VIEWERS = range(1, 81)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Bias answers, and popularity is fitted too; not to be written to."""
    return two_models(tmp_path_factory.mktemp("two"))


def explores(chance: float, name: str = "one", **more: Any) -> Experiment:
    arms = (Arm(name="control", model="bias", share=1.0),)
    plain: dict[str, Any] = {"days": 1, "alpha": 0.05, "began": "2026-05-04"}
    return Experiment(name=name, kind="explore", arms=arms, explore=chance, top=TOP, **plain | more)


@pytest.fixture(scope="module")
def trial(workspace: Workspace) -> Trial:
    return Trial(workspace, explores(0.5))


@pytest.fixture(scope="module")
def popularity(workspace: Workspace) -> Engine:
    return Engine(workspace, "popularity")


def of(trial: Trial, experiment: Experiment) -> Trial:
    """The same engine for another experiment."""
    trial.experiment = trial._trial = experiment
    return trial


def chance(title: int, place: int) -> float:
    """Chance to take a title at a place."""
    return float(LOOKS[place] * (0.15 + 0.3 * (title % 3)))


def log(trial: Trial, experiment: Experiment, rng: np.random.Generator) -> Any:
    """What every viewer was shown, and what they took of it."""
    rows, words = [], []
    for viewer in VIEWERS:
        picks = of(trial, experiment).recommend(viewer_id=viewer, k=TOP + 1).picks[:TOP]
        _, labels = exposure([pick.arm for pick in picks])
        us = int((NOON + timedelta(minutes=viewer)).timestamp() * 1e6)
        for place, (pick, label) in enumerate(zip(picks, labels, strict=True)):
            title = pick.title.title_id
            rows.append((viewer, "list", title, place + 1, label, us))
            if rng.random() < chance(title, place):
                words.append((viewer, title, "rating", 5.0, us + 1))
    schema = dict(zip(("viewer_id", "title_id"), [pl.Int64] * 2, strict=True))
    said = {**schema, "facet": pl.String, "value": pl.Float64, "at_us": pl.Int64}
    return (
        pl.DataFrame(rows, schema=EXPOSURES, orient="row"),
        pl.DataFrame(words, schema=said, orient="row"),
    )


def truth(trial: Trial, engine: Engine) -> float:
    """What the engine's order of the first titles of bias truly earns, by place."""
    earned = []
    for viewer in VIEWERS:
        first = Engine.recommend(trial, viewer_id=viewer, k=TOP).picks
        own = engine.recommend(
            viewer_id=viewer,
            k=TOP,
            filters=Filters(exclude=()),
            taste=AS_SCORED,
            candidates=[pick.title.title_id for pick in first],
        )
        earned.append(
            np.mean([chance(pick.title.title_id, place) for place, pick in enumerate(own.picks)])
        )
    return float(np.mean(earned))


def test_as_many_lists_are_shuffled_as_was_said_and_each_says_how(trial: Trial) -> None:
    n_shuffled = 0
    firsts = np.zeros(TOP)
    for number in range(6):
        experiment = explores(0.5, f"e{number}")
        for viewer in VIEWERS:
            plain = Engine.recommend(trial, viewer_id=viewer, k=8).picks
            picks = of(trial, experiment).recommend(viewer_id=viewer, k=8).picks
            labels = [int((pick.arm or "").partition(":")[2]) for pick in picks[:TOP]]
            assert sorted(labels) == [1, 2, 3, 4]
            assert [pick.title for pick in picks[:TOP]] == [
                plain[label - 1].title for label in labels
            ]
            assert picks[TOP:] == plain[TOP:]
            assert picks == trial.recommend(viewer_id=viewer, k=8).picks, "a reload is the same"
            n_shuffled += labels != [1, 2, 3, 4]
            firsts[labels[0] - 1] += 1
    n = 6 * len(VIEWERS)
    share = 0.5 * (1 - 1 / math.factorial(TOP))
    assert abs(n_shuffled - share * n) < 4 * math.sqrt(n * share * (1 - share))
    assert abs(firsts[1] - n / 8) < 4 * math.sqrt(n / 8)


def test_only_the_beginning_of_a_free_list_is_shuffled(trial: Trial) -> None:
    engine = of(trial, explores(1.0))
    for viewer in VIEWERS[:20]:
        first = engine.recommend(viewer_id=viewer, k=6)
        shown = [pick.title.title_id for pick in first.picks]
        for answer in (
            engine.recommend(viewer_id=viewer, k=6, after=shown),
            engine.rank(shown, viewer_id=viewer),
            engine.recommend(viewer_id=viewer, k=TOP - 1),
            engine.recommend(ratings={1: 5.0}, k=6),
        ):
            assert {pick.arm for pick in answer.picks} == {None}


def estimated(trial: Trial, engine: Engine, number: int, chance: float = 0.7) -> ModelEstimate:
    experiment = explores(chance, f"x{number}")
    shown, said = log(trial, experiment, np.random.default_rng(number))
    return estimate(engine, experiment, shown, said, now=LATER)


@pytest.mark.slow
def test_the_true_value_is_held(workspace: Workspace, trial: Trial, popularity: Engine) -> None:
    true, was = truth(trial, popularity), truth(trial, Engine(workspace, "bias"))
    told = [estimated(trial, popularity, number) for number in range(16)]
    for name in ("ips", "snips", "doubly_robust"):
        made = [getattr(each, name) for each in told]
        values = np.array([each.value for each in made])
        error = values.std(ddof=1) / math.sqrt(len(values))
        assert abs(values.mean() - true) < 3.5 * error + 0.004, name
        assert sum(each.low <= true <= each.high for each in made) >= 12, name
    assert abs(np.mean([each.as_it_was.value for each in told]) - was) < 0.02
    differences = [each.difference for each in told]
    assert sum(each.low <= true - was <= each.high for each in differences) >= 12


def test_the_model_that_answered_earns_what_it_earned(workspace: Workspace, trial: Trial) -> None:
    told = estimated(trial, Engine(workspace, "bias"), 1, 0.6)
    assert (told.n_lists, told.n_viewers, told.n_partial, told.top) == (80, 80, 0, TOP)
    assert told.ips == told.as_it_was
    assert told.difference.value == 0
    assert told.ips.max_weight == pytest.approx(1 / (0.4 + 0.6 / TOP))


def test_lists_that_were_shown_in_part_are_left_out(trial: Trial, popularity: Engine) -> None:
    experiment = explores(1.0, "part")
    shown, said = log(trial, experiment, np.random.default_rng(1))
    cut = shown.filter((pl.col("viewer_id") > 5) | (pl.col("place") < TOP))
    told = estimate(popularity, experiment, cut, said, now=LATER)
    assert (told.n_lists, told.n_partial) == (75, 5)


def test_no_list_tells_nothing(popularity: Engine) -> None:
    shown = pl.DataFrame(schema=EXPOSURES)
    said = pl.DataFrame(
        schema={
            "viewer_id": pl.Int64,
            "title_id": pl.Int64,
            "facet": pl.String,
            "value": pl.Float64,
            "at_us": pl.Int64,
        }
    )
    told = estimate(popularity, explores(0.5), shown, said, now=LATER)
    assert told.n_lists == 0
    assert math.isnan(told.ips.value)
    seen = figures(explores(0.5), shown, said, now=NOON)
    assert (seen.effects, seen.balanced, seen.arms[0].n_viewers) == ([], True, 0)


def test_the_model_is_asked_with_what_was_said_until_then(
    workspace: Workspace, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(workspace, "bias")
    experiment = explores(1.0, "until")
    shown, _ = log(trial, experiment, np.random.default_rng(1))
    viewer, title = 3, int(engine.library.facts.items.ids[0])
    own = {int(engine.library.facts.items.ids[at]) for at in engine.library.rated(viewer)}
    rated = next(iter(own - {title}))
    at = shown.filter(pl.col("viewer_id") == viewer)["at_us"][0]
    words = [
        (viewer, title, "rating", 4.5, at - 2),
        (viewer, rated, "rating", None, at - 1),
        (viewer, title, "rating", 0.5, at),
    ]
    said = pl.DataFrame(
        words, schema=["viewer_id", "title_id", "facet", "value", "at_us"], orient="row"
    )
    asked: list[dict[int, float]] = []

    def recommend(**given: Any) -> Any:
        asked.append(given["ratings"])
        return Engine.recommend(engine, **given)

    monkeypatch.setattr(engine, "recommend", recommend)
    estimate(engine, experiment, shown, said, now=LATER)
    stars = asked[viewer - 1]
    assert stars[title] == 4.5
    assert set(stars) == (own | {title}) - {rated}


def test_who_is_within_their_days_waits(trial: Trial, popularity: Engine) -> None:
    experiment = explores(1.0, "wait")
    shown, said = log(trial, experiment, np.random.default_rng(1))
    now = NOON + timedelta(days=1, minutes=30)
    assert estimate(popularity, experiment, shown, said, now=now).n_viewers == 30
    ended = dataclasses.replace(experiment, ended=(NOON + timedelta(hours=1)).isoformat())
    assert estimate(popularity, ended, shown, said, now=LATER).n_viewers == 0


def test_only_an_experiment_that_explores_can_tell(
    popularity: Engine, workspace: Workspace
) -> None:
    split = dataclasses.replace(explores(0.5), kind="split")
    with pytest.raises(ParameterError, match="--kind explore"):
        estimate(popularity, split, pl.DataFrame(), pl.DataFrame(), now=LATER)
    for bad in (
        {"explore": 0.0},
        {"explore": 1.5},
        {"top": 1},
        {"top": 51},
        {"shares": (0.5, 0.5)},
    ):
        with pytest.raises(ParameterError):
            start(workspace, "one", [], at="2026-05-04", kind="explore", **bad)
    with pytest.raises(ParameterError, match="no models"):
        start(workspace, "one", ["popularity"], at="2026-05-04", kind="explore")
