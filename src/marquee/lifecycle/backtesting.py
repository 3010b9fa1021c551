"""The track record of a workspace's forecaster: it is asked about each later year anew."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from marquee.data.tables import Tables
from marquee.evaluation.forecasting.frames import labeled
from marquee.evaluation.forecasting.splits import film_splits
from marquee.evaluation.forecasting.track_record import OnStep, TrackRecord, track_record
from marquee.forecast.trained import Trained
from marquee.lifecycle.forecast_evaluation import tables_fingerprint, usual_year
from marquee.lifecycle.readings import Reading, record_reading


def backtest(
    tables: Tables,
    kept: Trained,
    *,
    log: Path | None = None,
    day: date | None = None,
    on_step: OnStep | None = None,
) -> tuple[TrackRecord, int | None]:
    """The record on each year after the first four fifths of the films, and how often it was read.

    A model of the same parameters learns anew from what opened before each year. The number is
    None without ``log`` and ``day``, the record of readings and what day it is.

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
    if log is None or day is None:
        return told, None
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
    return told, record_reading(log, reading)
