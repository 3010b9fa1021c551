"""From the tables of a workspace to saved forecasters, each with its card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, WorkspaceError
from marquee.evaluation.forecasting.compare import OnStep
from marquee.evaluation.forecasting.frames import Labeled, labeled
from marquee.features.base import USUAL, Horizon
from marquee.forecast import DEFAULT_FORECASTER
from marquee.forecast.base import Forecaster, OnEpoch
from marquee.forecast.trained import Trained, fit_line, trained
from marquee.lifecycle.forecast_evaluation import Evaluated, evaluate_films, tables_fingerprint
from marquee.lifecycle.forecast_models import forecast_models, with_settings
from marquee.lifecycle.forecast_saving import ForecastAbout
from marquee.lifecycle.model_card import model_card
from marquee.lifecycle.readings import FILE
from marquee.lifecycle.trained_saving import card_path, load_trained, save_trained

Learned = Literal["revenue", "popularity", "audience"]
LEARNED: tuple[Learned, ...] = get_args(Learned)
"""Targets that a workspace has a forecaster of; all that is of money follows from revenue."""


@dataclass(frozen=True, kw_only=True)
class FittedForecast:
    """A forecaster that was fitted and saved."""

    target: Learned
    model: str
    version: str
    n_films: int
    trained: Trained
    """The fitted forecaster itself, as it was saved."""
    folder: Path
    card: Path
    """The model card, as Markdown."""
    evaluated: Evaluated | None
    """What was measured on the later films before; None if nothing was."""


def forecast_folder(workspace: Workspace, target: Learned) -> Path:
    """Where the workspace keeps its forecaster of that target."""
    return workspace.home / "forecasts" / target


def fit_forecasts(
    workspace: Workspace,
    targets: Sequence[Learned] | None = None,
    *,
    model: str = DEFAULT_FORECASTER,
    settings: Mapping[str, str] | None = None,
    horizon: Horizon = USUAL,
    measured: bool = True,
    seed: int = 0,
    created_at: str | None = None,
    day: date | None = None,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> tuple[FittedForecast, ...]:
    """The forecasters of the targets, fitted on the workspace's films and saved there.

    Parameters
    ----------
    targets
        Without them all of :data:`LEARNED` that the films have outcomes of.
    settings
        Hyperparameters to set otherwise than the model has them by itself, as words.
    measured
        Whether each is first measured: fitted on the earlier four fifths of the films and asked
        about the later ones, beside the baselines. The card shows it.
    day
        What day it is; with it the reading of the later films is recorded.

    Raises
    ------
    WorkspaceError
        If the workspace is empty.
    ParameterError
        If a target has no films to learn from.
    """
    tables, _ = workspace.tables_and_fingerprint()
    snapshot = workspace.snapshot or ""
    fingerprint = tables_fingerprint(tables)
    films = _films(tables, targets, horizon)
    tell = on_step or (lambda _done, _total, _text: None)
    per_target = 2 if measured else 1
    total, found = per_target * len(films), []
    for place, (target, known) in enumerate(films.items()):
        models = with_settings(forecast_models([model], target, seed=seed), settings or {})
        evaluated = None
        if measured:
            tell(per_target * place, total, f"measuring {target}")
            evaluated = evaluate_films(
                known,
                models,
                fingerprint=fingerprint,
                log=workspace.home / FILE,
                day=day,
                seed=seed,
                on_epoch=on_epoch,
            )
        tell(per_target * (place + 1) - 1, total, f"learning {target}")
        [forecaster] = models.values()
        assert isinstance(forecaster, Forecaster)
        forecaster.fit(known.features, known.outcome, on_epoch=on_epoch)
        kept = trained(
            forecaster,
            known.features,
            target=target,
            horizon=horizon,
            version="",
            snapshot=snapshot,
            line=fit_line(known.features, known.outcome) if target == "revenue" else None,
        )
        found.append(_saved(workspace, kept, known, model, fingerprint, created_at, evaluated))
    tell(total, total, "done")
    return tuple(found)


def load_forecasts(workspace: Workspace) -> dict[str, Trained]:
    """The forecasters saved in the workspace by target.

    Raises
    ------
    WorkspaceError
        If there is none of revenue, from which most follows.
    SavedModelError
        If one is damaged.
    """
    folders = {target: forecast_folder(workspace, target) for target in LEARNED}
    there = {target: folder for target, folder in folders.items() if (folder / "CURRENT").exists()}
    if "revenue" not in there:
        raise WorkspaceError(
            f"{workspace.home} holds no forecaster of revenue; run `marquee forecast fit`"
        )
    return {target: load_trained(folder) for target, folder in there.items()}


def _films(
    tables: Tables, targets: Sequence[Learned] | None, horizon: Horizon
) -> dict[Learned, Labeled]:
    """The films of each target; of those that nobody named, the ones that have any."""
    found: dict[Learned, Labeled] = {}
    for target in LEARNED if targets is None else targets:
        try:
            found[target] = labeled(tables, target, horizon=horizon)
        except ParameterError:
            if targets is not None or target == "revenue":
                raise
    return found


def _saved(
    workspace: Workspace,
    kept: Trained,
    films: Labeled,
    name: str,
    fingerprint: str,
    created_at: str | None,
    evaluated: Evaluated | None,
) -> FittedForecast:
    target = next(each for each in LEARNED if each == kept.target)

    def card(version: str) -> tuple[str, dict[str, Any]]:
        made = model_card(
            films,
            kept.forecaster,
            name,
            version=version,
            snapshot=kept.snapshot,
            data_fingerprint=fingerprint,
            created_at=created_at,
            report=None if evaluated is None else evaluated.report,
            n_readings=None if evaluated is None else evaluated.n_readings,
        )
        return made.to_markdown(), made.to_dict()

    folder = forecast_folder(workspace, target)
    about = ForecastAbout(
        target=target,
        horizon=kept.horizon,
        data_fingerprint=fingerprint,
        metrics={} if evaluated is None else _metrics(evaluated, name),
        created_at=created_at,
    )
    saved = save_trained(kept, folder, about=about, card=card)
    return FittedForecast(
        target=target,
        model=name,
        version=saved.version,
        n_films=len(films),
        trained=saved,
        folder=folder,
        card=card_path(folder),
        evaluated=evaluated,
    )


def _metrics(evaluated: Evaluated, name: str) -> dict[str, float]:
    metrics = evaluated.report.result(name).metrics
    return {name: value for name, value in metrics.items() if math.isfinite(value)}
