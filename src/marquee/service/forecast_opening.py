"""A forecast desk over a workspace and the forecasters that are saved in it."""

from __future__ import annotations

from collections.abc import Mapping

from marquee.data.workspace import Workspace
from marquee.forecast.trained import Trained
from marquee.lifecycle.forecast_fitting import load_forecasts
from marquee.service.forecast_desk import ForecastDesk


def open_desk(workspace: Workspace, models: Mapping[str, Trained] | None = None) -> ForecastDesk:
    """The desk of the workspace's tables and saved forecasters, or of ``models`` just fitted.

    Raises
    ------
    WorkspaceError
        If the workspace is empty, or has no forecaster.
    SavedModelError
        If a forecaster is damaged.
    """
    tables, _ = workspace.tables_and_fingerprint()
    loaded = load_forecasts(workspace) if models is None else models
    return ForecastDesk(tables, loaded, snapshot=workspace.snapshot or "")


def opening_notes(desk: ForecastDesk) -> tuple[str, ...]:
    """What to say beside every answer: whether titles are fictional, or the models older."""
    from marquee.service.library import fictional_notes

    notes = list(fictional_notes(desk.tables.titles))
    older = [name for name, model in desk.models.items() if model.snapshot != desk.snapshot]
    if older:
        notes.append(
            f"The data changed since {', '.join(older)} was fitted; run `marquee forecast fit`."
        )
    return tuple(notes)
