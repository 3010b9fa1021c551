"""A run: a model measured on the newest ratings, then fitted on all of them, and kept."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.evaluation.experiment import OnStep
from marquee.evaluation.splits import Split
from marquee.lifecycle.fitting import (
    catalog_interactions,
    forget_erased,
    known_now,
    tell,
    text_vectors,
)
from marquee.lifecycle.manifest import library_versions
from marquee.lifecycle.runs import MODEL, PREDICTOR, Run, folder_bytes, has_run, write_run
from marquee.lifecycle.saving import save
from marquee.lifecycle.state import encoded_params, name_of
from marquee.lifecycle.window import NEWEST, Measured, measure, window
from marquee.models.abilities import PredictsRatings
from marquee.models.base import OnEpoch, Recommender

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

Make = Callable[[], Recommender]

SHAPING = ("numba", "scikit-learn", "threadpoolctl", "torch", "xgboost-cpu")
"""Libraries beside those of a manifest whose versions may shape a model, where installed."""


def train(
    workspace: Workspace,
    make: Make,
    name: str,
    *,
    created_at: str,
    predictor: tuple[str, Make] | None = None,
    split: str = NEWEST,
    seed: int = 0,
    feedback: FeedbackStore | None = None,
    run_id: str | None = None,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Run:
    """The run of that model on the workspace's ratings, written whole; nothing else changes.

    A fresh model is fitted on the training part of the split and measured on its test part; another
    one is then fitted on everything, and that one is kept: whoever is answered by it is answered
    from all that they said. It does not answer anybody before it is promoted.

    Parameters
    ----------
    make
        Makes the unfitted model; called twice.
    created_at
        The moment, as ISO 8601.
    predictor
        Name and maker of one that predicts ratings, fitted beside a model that does not.
    feedback
        As in ``fit_workspace``.
    run_id
        Name of the run; one is made of the moment, the model, its parameters and the data.

    Raises
    ------
    WorkspaceError
        If the workspace holds no titles or no ratings.
    ParameterError
        If the data allows no such split, or there is such a run already.
    """
    began = timer()
    n_erased = forget_erased(workspace, feedback)
    snapshot = workspace.snapshot
    tables, fingerprint = known_now(workspace, feedback)
    vectors = text_vectors(workspace)
    part = window(tables, split, seed=seed)
    measured = measure(make, part, tables, vectors, on_step=on_step, on_epoch=on_epoch, timer=timer)
    measured_at = timer()
    if on_step is not None:
        on_step(0, 1, "fitting on all ratings")
    models = {MODEL: make()}
    if predictor is not None and not isinstance(models[MODEL], PredictsRatings):
        models[PREDICTOR] = predictor[1]()
    else:
        predictor = None
    tell(models.values(), tables, vectors)
    everything = catalog_interactions(tables)
    for each in models.values():
        each.fit(everything, on_epoch=on_epoch)
    fitted_at = timer()
    parameters = encoded_params(models[MODEL])
    run = Run(
        id=run_id or _free_id(workspace, created_at, name, parameters, fingerprint),
        created_at=created_at,
        model=name,
        algorithm=name_of(models[MODEL]),
        parameters=parameters,
        predictor=None if predictor is None else predictor[0],
        data=_data(tables, fingerprint, snapshot, n_erased),
        split=_split(part, measured),
        metrics={key: _finite(value) for key, value in measured.result.metrics.items()},
        intervals={
            key: [_finite(each.low), _finite(each.high)] for key, each in measured.intervals.items()
        },
        lists={key: value for key, value in vars(measured.lists).items() if math.isfinite(value)},
        environment=environment(),
        seconds={
            "measure": measured_at - began,
            "fit": fitted_at - measured_at,
            "total": fitted_at - began,
        },
    )
    figures = {key: value for key, value in run.metrics.items() if value is not None}

    def write(folder: Path) -> dict[str, int]:
        for place, model in models.items():
            save(
                model,
                folder / place,
                data_fingerprint=fingerprint,
                metrics=figures if place == MODEL else None,
                created_at=created_at,
            )
        return {place: folder_bytes(folder / place) for place in models}

    return write_run(workspace, run, pl.DataFrame(measured.by_viewer), write)


def environment() -> dict[str, Any]:
    """What the machine and its libraries are, as far as they shape a run."""
    versions: dict[str, Any] = dict(library_versions())
    for library in SHAPING:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        **versions,
        "platform": platform.system(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }


def recipe_digest(name: str, parameters: dict[str, Any]) -> str:
    """SHA-256 of what a model is before it has learned."""
    return hashlib.sha256(json.dumps([name, parameters], sort_keys=True).encode()).hexdigest()


def _free_id(
    workspace: Workspace, created_at: str, name: str, parameters: dict[str, Any], data: str
) -> str:
    """A name that sorts by time, says the model, and is not taken."""
    digits = re.sub(r"\D", "", created_at)[:14]
    mark = hashlib.sha256((recipe_digest(name, parameters) + data).encode()).hexdigest()[:6]
    first = f"{digits[:8]}-{digits[8:]}-{name}-{mark}".lower()
    taken = (f"{first}-{number}" for number in range(2, 10_000))
    return (
        first
        if not has_run(workspace, first)
        else next(each for each in taken if not has_run(workspace, each))
    )


def _data(tables: Tables, fingerprint: str, snapshot: str | None, n_erased: int) -> dict[str, Any]:
    newest = tables.ratings["rated_at"].max()
    return {
        "fingerprint": fingerprint,
        "snapshot": snapshot,
        "n_titles": tables.titles.height,
        "n_viewers": tables.ratings["viewer_id"].n_unique(),
        "n_ratings": tables.ratings.height,
        "newest_rating": None if newest is None else str(newest),
        "n_erased": n_erased,
    }


def _split(split: Split, measured: Measured) -> dict[str, Any]:
    result = measured.result
    return {
        "name": split.name,
        "fingerprint": split.fingerprint,
        "starts": split.test_starts,
        "clock": measured.clock,
        "leaks": [str(leak) for leak in measured.leaks],
        **{
            name: getattr(result, name)
            for name in (
                *("n_train", "n_test", "n_items", "n_users", "n_users_ranked"),
                *("n_users_without_training", "n_test_items_without_training", "relevant_from"),
            )
        },
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def recipe(model: Recommender) -> Make:
    """What makes unfitted models with the hyperparameters of this one."""
    return lambda: dataclasses.replace(model)
