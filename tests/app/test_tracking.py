"""Runs told to trackers by their own clients, into local stores."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from marquee.app.tracking import check_tracker, told_metrics, told_params, track
from marquee.errors import MarqueeError, ParameterError
from marquee.lifecycle.runs import Run


@pytest.fixture
def run() -> Run:
    return Run(
        id="20260302-one",
        created_at="2026-03-02T01:00:00+00:00",
        model="ease",
        algorithm="ease",
        parameters={"l2": 3.5, "members": [1, 2]},
        predictor=None,
        data={"fingerprint": "f00d"},
        split={"name": "time:0.9", "fingerprint": "cafe"},
        metrics={"ndcg@10": 0.25, "auc": None},
        intervals={"ndcg@10": [0.2, 0.3], "auc": [None, None]},
        lists={"coverage": 0.5},
        environment={},
        seconds={"total": 2.0},
    )


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(run.to_json())
    return tmp_path


def test_what_is_told_is_flat_and_without_what_is_not_known(run: Run) -> None:
    assert told_params(run)["members"] == "[1, 2]"
    assert told_metrics(run) == {
        "ndcg_10": 0.25,
        "ndcg_10 low": 0.2,
        "ndcg_10 high": 0.3,
        "lists coverage": 0.5,
        "seconds total": 2.0,
    }


@pytest.mark.parametrize("url", ["", "mlflow", "mlflow:", "wandb:x", "comet:offline:"])
def test_what_is_no_tracker_is_refused(url: str) -> None:
    with pytest.raises(ParameterError, match="a tracker is mlflow:URI, comet:PROJECT or"):
        check_tracker(url)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_comet_gets_an_archive(run: Run, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("comet_ml", reason="the extra tracking is not installed")
    track(f"comet:offline:{tmp_path / 'comet'}", run, folder)
    [archive] = (tmp_path / "comet").glob("*.zip")
    with zipfile.ZipFile(archive) as held:
        text = " ".join(held.read(name).decode(errors="replace") for name in held.namelist())
    assert all(word in text for word in ("20260302-one", "ndcg_10", "f00d", '"l2"'))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow_gets_parameters_figures_and_the_record(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow: Any = pytest.importorskip("mlflow", reason="the extra tracking is not installed")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = (tmp_path / "mlruns").as_uri()
    for _ in range(2):
        track(f"mlflow:{uri}", run, folder)
    client = mlflow.tracking.MlflowClient(tracking_uri=uri)
    [experiment] = client.search_experiments(filter_string="name = 'marquee'")
    found = client.search_runs([experiment.experiment_id])
    assert len(found) == 2
    assert found[0].data.params["l2"] == "3.5"
    assert found[0].data.metrics["ndcg_10 low"] == 0.2
    assert found[0].info.status == "FINISHED"
    [record] = (tmp_path / "mlruns").glob(f"*/{found[0].info.run_id}/artifacts/run.json")
    assert json.loads(record.read_text())["id"] == run.id
    with pytest.raises(MarqueeError, match="is kept, but mlflow:gopher://x did not take it"):
        track("mlflow:gopher://x", run, folder)
