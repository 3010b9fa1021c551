"""Runs told to a tracker: ``mlflow:URI``, ``comet:PROJECT``, ``comet:offline:FOLDER``.

The run in the workspace is the one that counts; what a tracker gets is a copy of its record.
"""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from marquee.errors import MarqueeError, ParameterError
from marquee.lifecycle.runs import RECORD, Run

PROJECT = "marquee"
"""Experiment or project that runs are entered in."""

NEEDS = {"mlflow": "mlflow", "comet": "comet_ml"}
"""Package of each tracker."""

UNASKED = (
    *("log_code", "log_graph", "log_git_metadata", "log_git_patch", "log_env_details"),
    *("auto_param_logging", "auto_metric_logging", "auto_output_logging", "parse_args"),
)
"""What Comet would gather by itself."""


def check_tracker(url: str) -> None:
    """Raises ``ParameterError`` for a URL that names no tracker, or one that is not installed."""
    kind, colon, rest = url.partition(":")
    if kind not in NEEDS or not colon or not rest or rest == "offline:":
        raise ParameterError(
            f"a tracker is mlflow:URI, comet:PROJECT or comet:offline:FOLDER, got {url!r}"
        )
    if find_spec(NEEDS[kind]) is None:
        raise ParameterError(f"{kind} is not installed; run: pip install 'marquee[tracking]'")


def track(url: str, run: Run, folder: Path) -> None:
    """Tells the tracker of a run whose record lies in that folder.

    Raises
    ------
    ParameterError
        As :func:`check_tracker`.
    MarqueeError
        If the tracker does not take it; the run itself is kept.
    """
    check_tracker(url)
    kind, _, rest = url.partition(":")
    try:
        (_mlflow if kind == "mlflow" else _comet)(rest, run, folder / RECORD)
    except Exception as error:
        raise MarqueeError(f"run {run.id} is kept, but {url} did not take it: {error}") from error


def told_params(run: Run) -> dict[str, str]:
    """What made the run, flat."""
    given = {
        "model": run.model,
        "data": run.data["fingerprint"],
        "split": run.split["name"],
        "split_fingerprint": run.split["fingerprint"],
    }
    return given | {
        name: value if isinstance(value, str) else json.dumps(value)[:500]
        for name, value in run.parameters.items()
    }


def told_metrics(run: Run) -> dict[str, float]:
    """What it is worth, flat: figures, the ends of their intervals, seconds."""
    found = {name: value for name, value in run.metrics.items() if value is not None}
    for name, ends in run.intervals.items():
        for end, value in zip(("low", "high"), ends, strict=True):
            if value is not None:
                found[f"{name} {end}"] = value
    found |= {f"lists {name}": value for name, value in run.lists.items()}
    found |= {f"seconds {name}": value for name, value in run.seconds.items()}
    return {re.sub(r"[^\w ./-]", "_", name): value for name, value in found.items()}


def _mlflow(uri: str, run: Run, record: Path) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    known = client.get_experiment_by_name(PROJECT)
    experiment = client.create_experiment(PROJECT) if known is None else known.experiment_id
    made = client.create_run(experiment, run_name=run.id)
    for name, text in told_params(run).items():
        client.log_param(made.info.run_id, name, text)
    for name, value in told_metrics(run).items():
        client.log_metric(made.info.run_id, name, value)
    client.log_artifact(made.info.run_id, str(record))
    client.set_terminated(made.info.run_id)


def _comet(rest: str, run: Run, record: Path) -> None:
    import comet_ml

    quiet: dict[str, Any] = {"display_summary_level": 0, **dict.fromkeys(UNASKED, False)}
    made: Any
    if rest.startswith("offline:"):
        place = rest.removeprefix("offline:")
        Path(place).mkdir(parents=True, exist_ok=True)
        made = comet_ml.OfflineExperiment(project_name=PROJECT, offline_directory=place, **quiet)
    else:
        made = comet_ml.Experiment(project_name=rest, **quiet)
    made.set_name(run.id)
    made.log_parameters(told_params(run))
    made.log_metrics(told_metrics(run))
    made.log_asset(str(record), file_name=RECORD)
    made.end()
