"""The track record of a workspace's forecaster: it is asked about each later year anew.

What was measured is kept in the workspace, by the data, the model with its parameters, and the code
that measured it, so that the same question is answered at once.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from marquee.data.tables import Tables
from marquee.data.workspace import replace_text
from marquee.evaluation.forecasting.frames import labeled
from marquee.evaluation.forecasting.splits import film_splits
from marquee.evaluation.forecasting.track_record import (
    OnStep,
    TrackRecord,
    record_of,
    track_record,
)
from marquee.forecast.base import Estimator
from marquee.forecast.trained import Trained
from marquee.lifecycle.code_version import hash_of
from marquee.lifecycle.forecast_evaluation import tables_fingerprint, usual_year
from marquee.lifecycle.forecast_saving import description
from marquee.lifecycle.readings import FILE, Reading, n_readings, record_reading

FOLDER = Path("evaluation", "track-records")
"""Where records lie in a workspace."""

_one_at_a_time = Lock()


def backtest(
    tables: Tables, kept: Trained, *, day: date, on_step: OnStep | None = None
) -> tuple[TrackRecord, Reading]:
    """The record on each year after the first four fifths of the films, and what was read for it.

    A model of the same parameters learns anew from what opened before each year.

    Raises
    ------
    ParameterError
        If the tables hold no films of the target, or all of one year.
    """
    [target] = [each for each in ("revenue", "popularity", "audience") if each == kept.target]
    films = labeled(tables, target, horizon=kept.horizon)
    split = f"rolling:{usual_year(films) + 1}-{films.years.max()}"
    splits = film_splits(split, films)
    told = track_record(films, splits, kept.forecaster, on_step=on_step)
    joined = "".join(each.fingerprint for each in splits)
    asked = told.films["released"]
    reading = Reading(
        day=day.isoformat(),
        data_fingerprint=tables_fingerprint(tables),
        target=target,
        split=split,
        split_fingerprint=hashlib.sha256(joined.encode()).hexdigest(),
        first_asked=str(asked.min()),
        last_asked=str(asked.max()),
        models=(type(kept.forecaster).__name__,),
    )
    return told, reading


def kept_backtest(
    home: Path,
    tables: Tables,
    kept: Trained,
    *,
    day: date,
    key: str | None = None,
    on_step: OnStep | None = None,
) -> tuple[TrackRecord, int]:
    """The record as :func:`backtest` has it, kept in that workspace, and how often it was read.

    Only what is measured counts as a reading, not who looks at it once more. ``key`` is that of
    :func:`record_key` where the caller knows it. ``on_step`` is called only where it is measured.
    """
    key = key or record_key(tables, kept)
    path = home / FOLDER / f"{kept.target}-{key}.json"
    log = home / FILE
    with _one_at_a_time:
        found = _read(path)
        if found is not None:
            return found[0], n_readings(log, found[1])
        told, reading = backtest(tables, kept, day=day, on_step=on_step)
        _write(path, told, reading)
        return told, record_reading(log, reading)


def record_key(tables: Tables, kept: Trained) -> str:
    """Hash of what a record depends on: the data, the model before it learns, and the code."""
    modules = {type(part).__module__ for part in _parts(kept.forecaster)}
    asked = {
        "data": tables_fingerprint(tables),
        "target": kept.target,
        "horizon": kept.horizon,
        "model": description(kept.forecaster),
        "code": hash_of([*modules, __name__]),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


def _parts(model: Estimator) -> Iterator[Estimator]:
    """The model and its members, and theirs."""
    yield model
    for value in model.params().values():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Estimator):
                yield from _parts(each)


def _write(path: Path, told: TrackRecord, reading: Reading) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    films = told.films.with_columns(pl.col("released").cast(pl.String))
    document = {
        "target": told.target,
        "scale": told.scale,
        "baseline": told.baseline,
        "reading": dataclasses.asdict(reading),
        "films": films.to_dict(as_series=False),
    }
    replace_text(path, json.dumps(document, allow_nan=False) + "\n")


def _read(path: Path) -> tuple[TrackRecord, Reading] | None:
    """What was kept there; None where nothing was, or not whole."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        reading = Reading(**told["reading"] | {"models": tuple(told["reading"]["models"])})
        films = pl.DataFrame(told["films"]).with_columns(pl.col("released").str.to_date())
        return record_of(films, told["target"], told["scale"], told["baseline"]), reading
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return None
