"""``marquee forecast``: measured honestly, told shortly, errors that say the way out."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from marquee.app.cli import forecast_measuring
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.evaluation.forecasting.leak_lab import leak_lab
from marquee.lifecycle import forecast_evaluation
from marquee.lifecycle.forecast_fitting import fit_forecasts

from .conftest import Run

pytestmark = pytest.mark.slow

PLAN = """
title = "Ærø, or the Ferry"
budget_usd = 40_000_000
genres = ["drama", "Thriller"]
release_date = 2027-06-11
runtime_min = 118
certificate = "R"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with quick forecasters."""
    home = tmp_path_factory.mktemp("forecast")
    workspace = Workspace(home)
    add_world(workspace, n_titles=220, n_viewers=60, n_ratings=2_000, seed=3)
    fit_forecasts(workspace, model="ridge", measured=False)
    return home


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_measuring, "RESAMPLES", 30)
    usual = forecast_evaluation.evaluate_films.__kwdefaults__
    assert usual is not None
    monkeypatch.setitem(usual, "n_resamples", 30)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path


# Measuring


def test_an_evaluation_tells_baselines_split_counts_and_looks(run: Run, home: Path) -> None:
    done = run("--home", home, "forecast", "evaluate", "-t", "revenue", "-m", "ridge")
    assert done.code == 0, done.err
    for said in (
        *("budget × multiples", "training films", "* a baseline", "ridge"),
        *("to learn from", "asked about", "time:", "log-RMSE", "low third of budgets"),
    ):
        assert said in done.out
    assert "have been read once" in done.out
    again = run("--home", home, "forecast", "evaluate", "-t", "profit", "-m", "ridge", "--json")
    assert again.answer["n_readings"] == 2
    assert again.answer["data"] == "workspace"
    assert re.search(r"Measuring profit 0/1 ridge on time:\d{4}", again.err)
    assert not again.out.startswith("Measuring")
    quiet = run(
        "--home",
        home,
        "forecast",
        "evaluate",
        "-m",
        "ridge",
        "--validation",
        "--split",
        "time:2015",
    )
    assert "no test film was read" in quiet.out
    third = run("--home", home, "forecast", "evaluate", "-m", "mean", "--json").answer
    assert third["n_readings"] == 3


def test_a_comparison_holds_every_model_and_every_rule(run: Run, home: Path) -> None:
    done = run(
        *("--home", home, "forecast", "compare", "-t", "success", "--split", "kfold:2"),
        *("--models", "logistic, forecaster:ridge", "--json"),
    )
    assert done.code == 0, done.err
    rows = {(row["name"], row["rule"]) for row in done.answer["results"]}
    for name in ("logistic", "forecaster:ridge"):
        assert {rule for model, rule in rows if model == name} == {
            *("most-likely", "within-one", "median", "expected"),
        }
    assert {"majority class", "best constant", "class shares"} <= {name for name, _ in rows}
    assert done.answer["comparison_only"]
    told = run(
        *("--home", home, "forecast", "compare", "-t", "success", "--split", "kfold:2"),
        *("--models", "logistic"),
    )
    assert "a comparison only" in told.out
    assert "kappa" in told.out


def test_success_is_told_class_by_class(run: Run, home: Path) -> None:
    done = run(
        *("--home", home, "forecast", "evaluate", "-t", "success", "-m", "forecaster:ridge"),
        *("--rule", "expected"),
    )
    assert done.code == 0, done.err
    assert "forecaster:ridge, expected: class by class" in done.out
    assert "9 all-time blockbuster" in done.out


def test_rules_chosen_inside_the_training_films_are_told(run: Run, home: Path) -> None:
    base = ("--home", home, "forecast", "evaluate", "--validation")
    told = run(*base, "-m", "ridge")
    assert re.search(r'says "at least twice the budget" from a chance of \d+ % on', told.out)
    assert re.search(r"may be luck|better|worse", told.out)
    without = run(*base, "-m", "ridge", "--no-thresholds")
    assert "from a chance of" not in without.out
    cut = run(*base, "-t", "success", "-m", "logistic", "--rule", "chosen-cuts", "--json")
    rules = {row["rule"] for row in cut.answer["results"] if row["name"] == "logistic"}
    assert "chosen-cuts" in rules


def test_settings_of_models_are_set_by_name(run: Run, home: Path) -> None:
    done = run(
        *("--home", home, "forecast", "compare", "-t", "success", "--validation", "--json"),
        *("--models", "logistic", "-s", "class_weight=balanced", "-s", "resampling=over"),
    )
    assert done.code == 0, done.err
    [params] = {str(row["params"]) for row in done.answer["results"] if row["name"] == "logistic"}
    assert "'class_weight': 'balanced'" in params
    assert "'resampling': 'over'" in params
    for word, says in (("l2", "name=value"), ("wings=2", "no model has a setting 'wings'")):
        refused = run("--home", home, "forecast", "evaluate", "-m", "ridge", "-s", word)
        assert refused.code != 0
        assert says in refused.err


def test_effects_are_told_with_their_intervals(run: Run, home: Path) -> None:
    told = run("--home", home, "forecast", "effects")
    assert told.code == 0, told.err
    assert re.search(r"budget: twice the budget +\d+ +×\d\.\d\d +\d\.\d\d to \d\.\d\d", told.out)
    assert "associations, not causes" in told.out
    answer = run("--home", home, "forecast", "effects", "--coverage", "0.8", "--json").answer
    budget = next(each for each in answer["effects"] if each["name"] == "budget")
    assert budget["low"] < 0.65 + 0.2
    assert budget["low"] < budget["log_points"] < budget["high"]
    assert answer["coverage"] == 0.8
    wrong = run("--home", home, "forecast", "effects", "--coverage", "80")
    assert "coverage must lie inside (0, 1), got 80" in wrong.err


def test_the_worth_of_inputs_is_told_without_reading_test_films(run: Run, home: Path) -> None:
    done = run("--home", home, "forecast", "importance", "-m", "ridge", "--repeats", "2")
    assert done.code == 0, done.err
    assert "no test film was read" in done.out
    assert re.search(r"^ budget ", done.out, re.MULTILINE)
    plain = run("--home", home, "forecast", "importance", "-m", "ridge", "--json").answer
    assert {"loss", "base", "inputs"} <= set(plain["importances"])


def test_a_backtest_tells_each_year(run: Run, home: Path) -> None:
    done = run("--home", home, "forecast", "backtest", "--years", "2012-2015", "-m", "ridge")
    assert done.code == 0, done.err
    years = re.findall(r"^ (20\d\d) ", done.out, re.MULTILINE)
    assert years == ["2012", "2013", "2014", "2015"]
    assert "in 80 %" in done.out
    assert re.search(r"^ all ", done.out, re.MULTILINE)


def test_a_film_that_tells_too_much_is_suspected(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marquee.evaluation.forecasting import suspicion

    monkeypatch.setitem(suspicion.LIMITS, "revenue", ("r2_log", -5.0))
    done = run("--home", home, "forecast", "evaluate", "-m", "ridge")
    assert "LEAK? ridge: r2_log" in done.out


@pytest.mark.slow
def test_the_leak_lab_tells_four_mistakes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[Any] = []

    def once(*given: Any, **named: Any) -> Any:
        if not measured:
            measured.append(leak_lab(*given, **named))
        return measured[0]

    monkeypatch.setattr(forecast_evaluation, "leak_lab", once)
    add_world(Workspace(tmp_path), n_titles=420, n_viewers=20, n_ratings=300, seed=3)
    done = run("--home", tmp_path, "forecast", "leak-lab")
    assert done.code == 0, done.err
    for said in ("self-inclusive power", "multiplied rows", "zeros kept", "post-release columns"):
        assert said in done.out
    assert "vote_count: not known yet at horizon pre_release" in done.out
    assert "have been read once in this workspace" in done.out
    again = run("--home", tmp_path, "forecast", "leak-lab", "--json").answer
    assert again["n_readings"] == 2
    cases = again["cases"]
    assert len(cases) == 4
    assert all("lift" in case for case in cases)


@pytest.mark.slow
def test_a_search_chooses_inside_the_training_part(run: Run, home: Path) -> None:
    done = run("--home", home, "forecast", "evaluate", "-m", "ridge", "--tune", 2)
    assert done.code == 0, done.err
    assert re.search(r"Tuned inside the training part: ridge with l2 \d", done.out)


# Fitting


def test_a_fit_tells_its_figures_and_where_the_card_lies(run: Run, tmp_path: Path) -> None:
    add_world(Workspace(tmp_path), n_titles=160, n_viewers=30, n_ratings=400, seed=3)
    done = run("--home", tmp_path, "forecast", "fit", "--targets", "revenue", "-m", "mean")
    assert done.code == 0, done.err
    assert "budget × multiples *" in done.out
    [card] = re.findall(r"model card (\S+)", done.out)
    assert "# revenue: mean" in Path(card).read_text(encoding="utf-8")
    answer = run(
        *("--home", tmp_path, "forecast", "fit", "--targets", "revenue", "-m", "mean"),
        *("--no-measure", "--json"),
    ).answer
    assert answer["fitted"][0]["measured"] is None


# Films


def test_a_planned_film_is_forecast_from_a_file(run: Run, home: Path, plan: Path) -> None:
    done = run("--home", home, "forecast", "title", plan, "--today", "2026-03-02")
    assert done.code == 0, done.err
    for said in (
        *("Ærø, or the Ferry, a planned film; by what was known before 2026-03-02", "revenue"),
        *("8 of 10", "Chance of the budget back", "all-time blockbuster", "budget", "×"),
        *("in common", "popularity", "audience score", "Model Ridge", "fictional"),
    ):
        assert said in done.out
    answer = run(
        "--home", home, "forecast", "title", plan, "--today", "2026-03-02", "--json"
    ).answer
    assert sum(each["probability"] for each in answer["classes"]) == pytest.approx(1)
    assert answer["explanation"]["factors"]
    assert len(answer["similar"]) == 5
    assert answer["beside"]


def test_options_json_and_toml_say_the_same(run: Run, home: Path, plan: Path) -> None:
    values = {
        "title": "Ærø, or the Ferry",
        "budget_usd": 4e7,
        "genres": ["Drama", "Thriller"],
        "release_date": "2027-06-11",
        "runtime_min": 118,
        "certificate": "R",
    }
    other = plan.with_name("plan.json")
    other.write_text(json.dumps(values), encoding="utf-8")
    options = (
        *("--title", "Ærø, or the Ferry", "--budget", "$40M", "--genre", "DRAMA"),
        *("--genre", "thriller", "--release", "2027-06-11", "--runtime", "118"),
        *("--certificate", "R"),
    )
    asked = ("--home", home, "forecast", "title", "--today", "2026-03-02", "--json")
    answers = [run(*asked, *words).answer for words in ((plan,), (other,), options)]
    assert answers[0] == answers[1] == answers[2]
    dearer = run(*asked, plan, "--budget", "80,000,000").answer
    assert dearer["revenue_usd"]["median"] > answers[0]["revenue_usd"]["median"]


def test_a_release_in_an_option_stands_for_that_of_the_file(
    run: Run, home: Path, plan: Path
) -> None:
    asked = ("--home", home, "forecast", "title", plan, "--today", "2026-03-02", "--json")
    month = run(*asked, "--release", "2027-12")
    assert month.code == 0, month.err
    assert month.answer == run(*asked, "--release", "2027-12-10").answer | {
        "notes": month.answer["notes"]
    }


def test_a_scenario_that_is_no_text_is_refused(run: Run, home: Path, tmp_path: Path) -> None:
    odd = tmp_path / "s.json"
    odd.write_bytes(b"\xff\xfe\x00")
    done = run("--home", home, "forecast", "what-if", "--replay", odd)
    assert done.code == 1
    assert "not UTF-8 text" in done.err


def test_a_title_of_the_catalog_is_asked_about_as_before_it_opened(run: Run, home: Path) -> None:
    films = Workspace(home).frame("titles").filter(kind="film").sort("release_date")
    film = films.row(films.height // 2, named=True)
    for words in (f"#{film['title_id']}", f"{film['name']} ({film['year']})"):
        done = run("--home", home, "forecast", "title", words, "--json")
        assert done.code == 0, done.err
        assert done.answer["title_id"] == film["title_id"]
        assert film["release_date"].isoformat() < done.answer["as_of"]
        assert done.answer["notes"]


def test_a_change_is_told_with_its_interval_and_can_be_asked_again(
    run: Run, home: Path, plan: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "dearer.json"
    asked = ("--home", home, "forecast", "what-if", plan, "--today", "2026-03-02")
    done = run(*asked, "--set", "budget=80M", "--set", "release=2027-12", "--save", kept)
    assert done.code == 0, done.err
    assert "budget_usd: 40,000,000 → 80,000,000" in done.out
    assert re.search(r"The median becomes ×[\d.]+ \[[\d.]+, [\d.]+\]", done.out)
    assert "not what the change would cause" in done.out
    again = run("--home", home, "forecast", "what-if", "--replay", kept)
    assert "the answer is the same as on 2026-03-02" in again.out
    kept.write_text(kept.read_text().replace('"ratio": ', '"ratio": 9'), encoding="utf-8")
    differs = run("--home", home, "forecast", "what-if", "--replay", kept)
    assert "change.ratio: 9" in differs.out
    assert differs.code == 0


def test_no_change_changes_nothing(run: Run, home: Path, plan: Path) -> None:
    answer = run(
        *("--home", home, "forecast", "what-if", plan, "--today", "2026-03-02"),
        *("--set", "budget=40M", "--json"),
    ).answer
    assert answer["change"] == {"ratio": 1.0, "low": 1.0, "high": 1.0}
    assert answer["changes"] == []


def test_months_and_budgets_are_told_one_by_one(run: Run, home: Path, plan: Path) -> None:
    asked = ("--home", home, "forecast", "what-if", plan, "--today", "2026-03-02")
    months = run(*asked, "--best-month")
    assert len(re.findall(r"^ 2027-\d\d-\d\d", months.out, re.MULTILINE)) == 12
    assert months.out.count("(plan)") == 1
    curve = run(*asked, "--budget-curve")
    assert "$40.0M (plan)" in curve.out
    assert re.search(r"1 % more budget goes with -?\d\.\d\d % more revenue", curve.out)


def test_an_explanation_multiplies_to_the_median(run: Run, home: Path, plan: Path) -> None:
    asked = ("--home", home, "forecast", "explain", plan, "--today", "2026-03-02")
    answer = run(*asked, "--json").answer
    product = answer["base"]
    for line in answer["factors"]:
        product *= line["factor"]
    assert product == pytest.approx(answer["median"], rel=1e-6)
    told = run(*asked, "-t", "audience")
    assert told.code == 0, told.err
    assert "median audience of" in told.out


def test_undated_columns_are_looked_at_where_somebody_asks_and_the_figures_say_so(
    run: Run, home: Path
) -> None:
    base = ("--home", home, "forecast", "evaluate", "--validation", "-m", "ridge")
    done = run(*base, "--undated", "n_genres, n_companies")
    assert done.code == 0, done.err
    assert "Looked at undated columns too (n_genres, n_companies)" in done.out
    usual = run(*base)
    assert "undated" not in usual.out
    told, plain = (run(*base, *more, "--json").answer for more in (("--undated", "all"), ()))
    assert set(told["columns"]) - set(plain["columns"]) == {
        *("n_genres", "n_companies", "n_countries", "n_languages", "plot_words"),
    }


@pytest.mark.parametrize(
    "words",
    [
        ("title", "--genre", "Drahma"),
        ("title", "--release", "2027-13"),
        ("title", "--title", "Ærø", "--release", "1.1.2027"),
        ("title", "Zzzz Qqqq (1901)"),
        ("explain", "#1", "-t", "profit"),
        ("explain", "no.toml"),
        ("what-if", "#1", "--set", "month=13"),
        ("what-if", "#1", "--set", "genres=Drahma"),
        ("what-if", "--genre", "Drama", "--set", "hue=red"),
    ],
)
def test_wrong_words_are_refused_before_forecasters_are_opened(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    from marquee.service import forecast_opening

    monkeypatch.setattr(forecast_opening, "open_desk", _none_opens)
    done = run("--home", home, "forecast", *words)
    assert done.code == 1
    assert done.err.startswith("error: ")


def test_an_audience_of_wrong_words_is_refused_before_data_are_read(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marquee.app.cli import audience

    monkeypatch.setattr(audience, "opened_data", _none_opens)
    done = run("--home", home, "forecast", "audience", "--genre", "Drama", "--release", "2027-13")
    assert done.err == "error: month must be a month from 1 to 12, got 13\n"


def _none_opens(*_: object, **__: object) -> None:
    raise AssertionError("opened")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("title",), "name a film: a TOML or JSON file"),
        (("title", "--genre", "Drahma"), "unknown genre 'Drahma'; did you mean Drama"),
        (("title", "--budget", "-5"), "budget_usd must be a positive number"),
        (("title", "--budget", "much"), "a budget is an amount of US dollars"),
        (("title", "--release", "19.6.2027"), "release_date must be a day as YYYY-MM-DD"),
        (("title", "--release", "2027-13"), "month must be a month from 1 to 12"),
        (("title", "--runtime", "long"), "runtime must be a number, got 'long'"),
        (("title", "no.toml"), "no.toml does not exist"),
        (("title", "Zzzz Qqqq (1901)"), "no title 'Zzzz Qqqq (1901)'"),
        (("title", "#1", "--budget", "3M"), "as the catalog has it"),
        (("title", "#99999999"), "there is no title 99999999"),
        (("title", "--budget", "1M", "--today", "now"), "a day is given as YYYY-MM-DD"),
        (("what-if", "#1"), "say one of: --set"),
        (("what-if", "#1", "--set", "budget"), "a change is given as name=value"),
        (("what-if", "#1", "--set", "hue=red"), "a film plan has no field 'hue'"),
        (("what-if", "#1", "--set", "vote_count=9"), "vote_count is known only after the release"),
        (("title", "--genre", "Sci-Fi"), "did you mean Science Fiction"),
        (("what-if", "#1", "--best-month", "--set", "budget=3M"), "say one of: --set"),
        (("what-if", "#1", "--best-month", "--save", "s.json"), "--save keeps"),
        (("what-if", "--replay", "none.json"), "none.json does not exist"),
        (("what-if", "#1", "--replay", "none.json"), "--replay asks the film of its file"),
        (("what-if", "#1", "--set", "budget=3M", "--save", "no/s.json"), "there is no folder no"),
        (("explain", "#1", "-t", "profit"), "no model of 'profit'"),
        (("fit", "--targets", "profit"), "no forecaster of 'profit'"),
        (("fit", "--horizon", "someday"), "no horizon 'someday'; there are greenlight"),
        (("fit", "-m", "xgbost"), "there is no model 'xgbost'"),
        (("evaluate", "-t", "profits"), "there is no target 'profits'; there are revenue"),
        (("evaluate", "--undated", "budget_usd"), "budget_usd is no undated column; these are"),
        (("evaluate", "--undated", "keywords"), "not known yet at horizon announced: keywords"),
        (("evaluate", "-m", "logistic"), "there is no model 'logistic' of revenue"),
        (("evaluate", "--split", "time:12"), "split 'time:12' is not of the form"),
        (("evaluate", "--split", "time:1800"), "leaves 0 films to learn from"),
        (("evaluate", "--rule", "coin"), "there is no rule 'coin'; there are most-likely"),
        (("evaluate", "--data", "nothing-here"), "no data set 'nothing-here' at hand"),
        (("evaluate", "-m", "ridge", "--tune", "2", "--split", "kfold:3"), "tune with a split"),
        (("compare", "--models", ","), "name a model"),
        (("backtest", "--years", "soon"), "is not of the form"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    run: Run, home: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run("--home", home, "forecast", *arguments)
    assert done.code == 1
    assert not done.out
    error = done.err.splitlines()[-1]
    assert error.startswith("error: ")
    assert sentence in error


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.toml", "title = ", "a.toml is not TOML"),
        ("a.json", "{", "a.json is not JSON"),
        ("a.json", "[1]", "must hold one object"),
        ("a.toml", 'title = "A"\nbuget = 3', "no field 'buget'; did you mean budget_usd?"),
        ("a.toml", "budget_usd = 3e6", "a film plan needs a title"),
    ],
)
def test_a_file_that_is_no_plan_is_one_sentence(
    run: Run, home: Path, tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    done = run("--home", home, "forecast", "title", path)
    assert done.code == 1
    assert sentence in done.err


def test_a_title_that_is_out_is_named_with_its_number(run: Run, home: Path) -> None:
    films = Workspace(home).frame("titles").filter(kind="film").sort("release_date")
    film = films.row(3, named=True)
    done = run("--home", home, "forecast", "title", "--title", film["name"])
    assert done.code == 1
    assert "already released on" in done.err
    assert str(film["title_id"]) in done.err


def test_a_workspace_without_forecasters_says_what_to_run(run: Run, tmp_path: Path) -> None:
    add_world(Workspace(tmp_path), n_titles=60, n_viewers=20, n_ratings=200, seed=3)
    done = run("--home", tmp_path, "forecast", "title", "--budget", "3M")
    assert done.code == 1
    assert "run `marquee forecast fit`" in done.err


def test_data_that_changed_since_the_fit_is_told(run: Run, home: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(home, tmp_path / "home")
    workspace = Workspace(tmp_path / "home")
    workspace.write(workspace.tables())
    done = run("--home", tmp_path / "home", "forecast", "title", "--budget", "3M")
    assert done.code == 0, done.err
    assert "The data changed since revenue, popularity, audience was fitted" in done.out


def test_the_demonstration_prints_a_forecast(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marquee.app.cli import forecast_demo
    from marquee.app.settings import Settings

    monkeypatch.setattr(forecast_demo, "MODEL", "ridge")
    monkeypatch.setattr(forecast_demo, "SETTINGS", {"l2": "30.0"})
    add_world(Workspace(tmp_path), n_titles=120, n_viewers=30, n_ratings=400, seed=3)
    forecast_demo.say_demo_forecast(Settings(tmp_path, None))
    printed = capsys.readouterr()
    assert "8 of 10 such films" in printed.out
    assert "in December instead: ×" in printed.out
    assert "fictional" in printed.out


def test_pages_of_help_load_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys, json; from marquee.app.cli.commands import app;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "polars", "sklearn", "xgboost", "torch"} & set(json.loads(done.stdout))


# The ledger


def test_a_forecast_is_entered_and_an_edit_of_it_is_named(
    run: Run, home: Path, plan: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "home"
    shutil.copytree(home, copied)
    ledger = copied / "forecasts" / "ledger.jsonl"
    ledger.unlink(missing_ok=True)
    assert "No forecast was given yet" in run("--home", copied, "ledger", "show").out
    kept_out = run("--home", copied, "forecast", "title", plan, "--no-enter")
    assert kept_out.code == 0, kept_out.err
    assert not ledger.exists()
    given = run("--home", copied, "forecast", "title", plan, "--json")
    assert "Entry 1 of the ledger" in given.err
    [entry] = run("--home", copied, "ledger", "show", "--json").answer
    assert entry["said"]["plan"]["title"] == "Ærø, or the Ferry"
    assert entry["said"]["revenue_usd"] == given.answer["revenue_usd"]
    assert entry["said"]["naive_usd"] > 0
    assert run("--home", copied, "ledger", "verify").out == "All 1 entries hold.\n"
    assert run("--home", copied, "ledger", "verify", "--head", entry["hash"]).code == 0
    record = run("--home", copied, "ledger", "track-record", "--json").answer
    assert (record["n_given"], record["n_waiting"], record["scored"]) == (1, 1, [])
    ledger.write_text(ledger.read_text("utf-8").replace("40000000", "50000000"), "utf-8")
    broken = run("--home", copied, "ledger", "verify")
    assert broken.code == 1
    assert "Line 1: entry 1 was edited" in broken.out
    refused = run("--home", copied, "ledger", "track-record")
    assert refused.code == 1
    assert "ledger verify" in refused.err
