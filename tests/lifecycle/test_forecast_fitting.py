"""What fitting forecasters on a workspace promises: saved whole, with a line and a card."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.errors import MarqueeError, ParameterError, SavedModelError, WorkspaceError
from marquee.evaluation.forecasting.frames import labeled
from marquee.features.base import USUAL
from marquee.features.frame import columns_at
from marquee.lifecycle.fitting import fitted_models
from marquee.lifecycle.forecast_fitting import (
    FittedForecast,
    fit_forecasts,
    forecast_folder,
    load_forecasts,
)
from marquee.lifecycle.readings import FILE, readings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, tuple[FittedForecast, ...]]:
    workspace = Workspace(tmp_path_factory.mktemp("forecasts"))
    add_world(workspace, n_titles=220, n_viewers=150, n_ratings=4_000, seed=3)
    fitted = fit_forecasts(
        workspace,
        ("revenue", "popularity"),
        model="ridge",
        created_at="2026-03-01T12:00:00+00:00",
        day=date(2026, 3, 1),
    )
    return workspace, fitted


Made = tuple[Workspace, tuple[FittedForecast, ...]]


def test_what_is_loaded_forecasts_as_what_was_fitted(made: Made) -> None:
    workspace, fitted = made
    loaded = load_forecasts(workspace)
    assert list(loaded) == ["revenue", "popularity"]
    films = labeled(workspace.tables(), "revenue")
    for each in fitted:
        again = loaded[each.target]
        assert again.version == each.version == each.trained.version
        assert again.snapshot == workspace.snapshot
        assert (again.line is not None) == (each.target == "revenue")
        assert again.seen == each.trained.seen
        assert again.background.equals(each.trained.background)
        np.testing.assert_array_equal(again.title_ids, each.trained.title_ids)
        pairs = [(each.trained.forecaster, again.forecaster)]
        if each.trained.line is not None and again.line is not None:
            pairs.append((each.trained.line, again.line))
            np.testing.assert_array_equal(
                each.trained.line.change(films.features), again.line.change(films.features)
            )
        for before, after in pairs:
            np.testing.assert_array_equal(
                before.predict(films.features).quantiles, after.predict(films.features).quantiles
            )


def test_another_process_reads_the_same(made: Made) -> None:
    workspace, fitted = made
    code = (
        "import sys; from pathlib import Path; from marquee.data.workspace import Workspace;"
        "from marquee.lifecycle.forecast_fitting import load_forecasts;"
        "loaded = load_forecasts(Workspace(Path(sys.argv[1])));"
        "print(*[repr(float(each.forecaster.predict(each.background).median.sum()))"
        " for each in loaded.values()])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace.home)],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [
        repr(float(each.trained.forecaster.predict(each.trained.background).median.sum()))
        for each in fitted
    ]
    assert done.stdout.split() == expected


def test_recommenders_and_forecasters_do_not_meet(made: Made) -> None:
    assert fitted_models(made[0]) == ()


def test_the_look_at_later_films_is_counted_with_each_fit(made: Made) -> None:
    workspace, fitted = made
    looks = [(each.target, each.day) for each in readings(workspace.home / FILE)]
    assert looks == [("revenue", "2026-03-01"), ("popularity", "2026-03-01")]
    assert [each.evaluated.n_readings for each in fitted if each.evaluated] == [1, 1]


def test_every_part_of_a_fit_looks_at_the_same_columns_all_of_which_a_plan_has(made: Made) -> None:
    usual = {each.name for each in columns_at(USUAL) if not each.undated}
    for each in made[1]:
        kept = each.trained
        card = json.loads(each.card.with_suffix(".json").read_text(encoding="utf-8"))
        seen = {*kept.seen.numbers, *kept.seen.words}
        looked = [kept.columns, kept.background.columns[2:], card["columns"]]
        looked += [kept.line.columns_] if kept.line is not None else []
        assert all(set(columns) == usual for columns in looked)
        assert seen <= usual
        assert not {"crowding_month", "keywords", "n_genres", "plot_words"} & usual


def test_a_card_lies_beside_each(made: Made) -> None:
    for each in made[1]:
        text = each.card.read_text(encoding="utf-8")
        values = json.loads(each.card.with_suffix(".json").read_text(encoding="utf-8"))
        assert each.version in text
        assert values["version"] == each.version
        assert values["n_films"] == each.n_films == each.trained.title_ids.size
        assert values["measured"]["split"].startswith("time:")


def test_a_measured_model_was_not_fitted_on_the_films_that_it_was_asked_about(made: Made) -> None:
    [revenue] = [each for each in made[1] if each.target == "revenue"]
    assert revenue.evaluated
    [split] = revenue.evaluated.report.splits
    assert split.n_train + split.n_test == revenue.n_films
    assert split.n_train < revenue.n_films


@pytest.mark.parametrize("name", ["manifest.json", "forecaster/CURRENT", "line/CURRENT"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_what_is_damaged_is_named(made: Made, tmp_path: Path, name: str, how: str) -> None:
    shutil.copytree(made[0].home / "forecasts", tmp_path / "forecasts")
    workspace = Workspace(tmp_path)
    [file] = forecast_folder(workspace, "revenue").glob(f"version-*/{name}")
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(SavedModelError, match=name.replace(".", r"\.")):
        load_forecasts(workspace)


def test_a_learned_file_that_is_damaged_is_named(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made[0].home / "forecasts", tmp_path / "forecasts")
    [file] = (tmp_path / "forecasts").glob("revenue/version-*/line/version-*/learned.skops")
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(SavedModelError, match="learned"):
        load_forecasts(Workspace(tmp_path))


def test_a_fit_that_fails_leaves_the_old_forecaster(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made[0].home, tmp_path / "home")
    workspace = Workspace(tmp_path / "home")
    before = load_forecasts(workspace)["revenue"].version
    with pytest.raises(MarqueeError):
        fit_forecasts(workspace, ("revenue",), model="no-such-model")
    assert load_forecasts(workspace)["revenue"].version == before
    [again] = fit_forecasts(workspace, ("revenue",), model="mean", measured=False)
    assert again.evaluated is None
    assert load_forecasts(workspace)["revenue"].version == again.version != before
    assert "Nothing was measured" in again.card.read_text(encoding="utf-8")


def test_targets_without_outcomes_are_left_out_unless_they_are_named(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    add_world(workspace, n_titles=120, n_viewers=30, n_ratings=400, seed=3)
    tables = workspace.tables()
    workspace.write(
        tables.replace(outcomes=tables.outcomes.filter(pl.col("measure") == "revenue_usd"))
    )
    fitted = fit_forecasts(workspace, model="mean", measured=False)
    assert [each.target for each in fitted] == ["revenue"]
    with pytest.raises(ParameterError, match="popularity"):
        fit_forecasts(workspace, ("popularity",), model="mean", measured=False)


def test_an_empty_workspace_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="marquee world"):
        fit_forecasts(Workspace(tmp_path))
    with pytest.raises(WorkspaceError, match="marquee forecast fit"):
        load_forecasts(Workspace(tmp_path))
