"""Runs and promotions as they are typed: trained, judged, forced, taken back, told."""

from __future__ import annotations

from pathlib import Path

import pytest

from marquee.lifecycle.training import train
from marquee.models import ALGORITHMS
from runs_kit import AT, copied

from .conftest import Run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(world_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with a run of each of two models; not to be written to."""
    home = tmp_path_factory.mktemp("trained")
    workspace = copied(world_home, home)
    for name in ("bias", "popularity"):
        train(workspace, ALGORITHMS[name], name, created_at=AT)
    return home


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    return copied(trained, tmp_path / "home").home


def runs_of(run: Run, home: Path) -> dict[str, str]:
    """The name of the run of each model."""
    listed = run("--home", home, "models", "runs", "--json").answer["runs"]
    return {each["model"]: each["run"] for each in listed}


def test_training_makes_a_run_that_answers_nobody_yet(run: Run, home: Path) -> None:
    answer = run("--home", home, "train", "-m", "bias", "-p", "l2_users=3", "--json").answer
    assert answer["model"] == "bias"
    assert answer["parameters"]["l2_users"] == 3
    assert Path(answer["path"], "model", "CURRENT").is_file()
    listed = run("--home", home, "models", "runs", "--json").answer
    assert listed["serving"] == "ease-content"
    assert [each["run"] for each in listed["runs"]][-1] == answer["id"]


def test_a_run_is_listed_and_told(run: Run, home: Path) -> None:
    bias = runs_of(run, home)["bias"]
    told = run("--home", home, "models", "show", bias)
    assert told.code == 0
    assert "Measured on time:0.9: fitted on 8,099 ratings" in told.out
    assert "rmse" in told.out
    record = run("--home", home, "models", "show", bias, "--json").answer
    assert record["data"]["n_ratings"] == 9_000
    assert record["intervals"]["rmse"][0] < record["metrics"]["rmse"]
    now = run("--home", home, "models", "show").out
    assert "ease-content answers, made by `marquee fit`" in now


def test_a_run_that_does_not_pass_is_status_1_and_told_why(run: Run, home: Path) -> None:
    popularity = runs_of(run, home)["popularity"]
    for option in ((), ("--dry-run",)):
        done = run("--home", home, "models", "promote", popularity, *option)
        assert done.code == 1
        assert "FAIL  taste: 19 viewers in time:0.9 have a history" in done.out
        assert "pass  leak" in done.out
    answer = run("--home", home, "models", "promote", popularity, "--json").answer
    assert answer["promoted"] is answer["passed"] is False
    assert {each["gate"] for each in answer["verdicts"] if not each["passed"]} >= {"taste"}
    log = run("--home", home, "models", "log", "--json").answer
    assert [each["action"] for each in log] == ["fit", "refuse", "refuse"]


def test_what_was_forced_is_told_and_taken_back(run: Run, home: Path) -> None:
    popularity = runs_of(run, home)["popularity"]
    forced = run("--home", home, "models", "promote", popularity, "--force", "a try")
    assert forced.code == 0
    assert f"{popularity} answers now, in place of ease-content." in forced.out
    listed = run("--home", home, "recommend", "--viewer", 5, "--json").answer
    assert listed["model"] == "popularity"
    back = run("--home", home, "models", "rollback", "--reason", "enough")
    assert back.out == f"ease-content answers again, in place of runs/{popularity}.\n"
    assert (
        run("--home", home, "recommend", "--viewer", 5, "--json").answer["model"] == "ease-content"
    )
    told = run("--home", home, "models", "log").out
    assert f"promote by force  runs/{popularity} in place of ease-content (a try): accuracy" in told
    assert "rollback  ease-content" in told
    again = run("--home", home, "models", "rollback")
    assert again.code == 1
    assert "nothing answered before ease-content" in again.err


def test_two_runs_are_compared_and_old_ones_cleaned(run: Run, home: Path) -> None:
    both = runs_of(run, home)
    compared = run("--home", home, "models", "compare", both["bias"], both["popularity"])
    assert compared.code == 0
    assert "ndcg@10" in compared.out
    cleaned = run("--home", home, "models", "clean", "--keep", 1)
    assert cleaned.out == f"Removed the models of {both['bias']}.\n"
    assert "model removed" in run("--home", home, "models", "runs").out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("models", "promote", "nothing"), "there is no run 'nothing'"),
        (("models", "show", "../models"), "is no name of a run"),
        (("models", "rollback", "--to", "nothing"), "there is no run 'nothing'"),
        (("train", "--model", "sdv"), "there is no model 'sdv'"),
        (("train", "-m", "bias", "--split", "u9"), "split 'u9' is not one of"),
    ],
)
def test_mistakes_are_one_sentence(
    run: Run, home: Path, arguments: tuple[object, ...], sentence: str
) -> None:
    done = run("--home", home, *arguments)
    assert done.code == 1
    assert sentence in done.err.strip().splitlines()[-1]
    assert done.out == ""
