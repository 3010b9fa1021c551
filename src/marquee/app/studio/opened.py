"""What the pages answer from, opened once for all sessions and again when it changes on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from marquee.app.api.private import read_secret
from marquee.app.settings import Settings
from marquee.data.feedback import FeedbackStore
from marquee.data.workspace import Workspace
from marquee.lifecycle.serving import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from marquee.data.tables import Tables
    from marquee.evaluation.forecasting.track_record import OnStep, TrackRecord
    from marquee.forecast.audience import AudienceModel
    from marquee.forecast.trained import Trained
    from marquee.insights.report import Report
    from marquee.service.engine import Engine
    from marquee.service.forecast_desk import ForecastDesk


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the studio runs."""

    settings: Settings
    engine: Callable[[], Engine] | None = None
    """Gives the engine of the server that the studio is part of; None where it runs alone."""

    @property
    def home(self) -> Path:
        """The workspace's folder."""
        return self.settings.home

    @property
    def alone(self) -> bool:
        """Whether no viewers' app is served beside it."""
        return self.engine is None


_given: list[Place] = []


def use(place: Place) -> None:
    """Makes the studio of this process run there, before its first page is drawn."""
    _given[:] = [place]


def forget() -> None:
    """Lets everything that was opened go, for another place."""
    _given.clear()
    secret.cache_clear()
    for cached in (
        *(_engine, _store, _desk, _tables, _report, _report_page, _audience_model),
        *(_record_key, _learned_now),
    ):
        cached.clear()


def place() -> Place:
    """Where the studio runs: as the server said, or as the environment says."""
    if not _given:
        use(Place(settings=Settings.read()))
    return _given[0]


def today() -> date:
    """The day on which questions are asked."""
    return datetime.now(UTC).date()


def workspace() -> Workspace:
    """The workspace that is shown."""
    return Workspace(place().home)


def engine() -> Engine:
    """The engine of the server beside the studio, or one of its own for what is in force now.

    Raises
    ------
    WorkspaceError
        If the workspace holds no data, or no model.
    """
    given = place().engine
    if given is not None:
        return given()
    return _engine(str(place().home), state(workspace()))


def store() -> FeedbackStore | None:
    """Where what is said is kept: the same database as the viewers' app's."""
    given = place().engine
    return given().feedback if given is not None else _store(_feedback_url())


def desk() -> ForecastDesk:
    """The desk that answers questions about films.

    Raises
    ------
    WorkspaceError
        If the workspace holds no data, or no forecaster.
    """
    return _desk(str(place().home), _stamp(workspace().home / "forecasts"))


def tables() -> Tables:
    """The canonical tables of the snapshot in force.

    Raises
    ------
    WorkspaceError
        If the workspace holds no data.
    """
    return _tables(str(place().home), workspace().snapshot)


def report() -> Report:
    """What the data in force say to every question.

    Raises
    ------
    WorkspaceError
        If the workspace holds no data.
    """
    return _report(str(place().home), workspace().snapshot)


def report_page() -> str:
    """The report as one page that stands alone."""
    return _report_page(str(place().home), workspace().snapshot)


def audience_model() -> AudienceModel:
    """The model of who wants which title, fitted on the snapshot in force."""
    return _audience_model(str(place().home), workspace().snapshot)


def learned_now() -> str:
    """Fingerprint of what a model that was fitted now would learn from; a minute old at most."""
    return _learned_now(str(place().home), workspace().snapshot)


def track_record(target: str, on_step: OnStep | None = None) -> tuple[TrackRecord, int]:
    """How the forecaster of that target does year by year, and how often that was looked at.

    It is kept in the workspace; ``on_step`` is called where it has to be measured.
    """
    from marquee.lifecycle.backtesting import kept_backtest

    home, kept = place().home, desk().models[target]
    key = _record_key(str(home), workspace().snapshot, target, kept.version, kept)
    return kept_backtest(home, tables(), kept, key=key, day=today(), on_step=on_step)


@lru_cache(maxsize=1)
def secret() -> bytes:
    """What signs the cookies of the viewers' app."""
    return read_secret(place().home / "secret")


def _feedback_url() -> str:
    return place().settings.feedback or f"sqlite:///{place().home / 'feedback.db'}"


def _stamp(folder: Path) -> tuple[str | None, int]:
    """What changes whenever the data or the models do."""
    manifests = folder.glob("*/manifest.json")
    newest = max((path.stat().st_mtime_ns for path in manifests), default=0)
    return workspace().snapshot, newest


@st.cache_resource(max_entries=2, show_spinner="Opening the catalog and its model …")
def _engine(home: str, now: str) -> Engine:
    del now  # only tells when to open it again: Streamlit passes over names that begin with _
    from marquee.service.engine import Engine

    return Engine(Workspace(Path(home)), feedback=_store(_feedback_url()))


@st.cache_resource(max_entries=1, show_spinner=False)
def _store(url: str) -> FeedbackStore:
    found = FeedbackStore(url)
    found.migrate()
    return found


@st.cache_resource(max_entries=2, show_spinner="Opening the forecasters …")
def _desk(home: str, now: tuple[str | None, int]) -> ForecastDesk:
    del now
    from marquee.service.forecast_opening import open_desk

    opened = open_desk(Workspace(Path(home)))
    opened.warm_up(today())
    return opened


@st.cache_resource(max_entries=1, show_spinner="Reading the tables …")
def _tables(home: str, snapshot: str | None) -> Tables:
    del snapshot
    found, _ = Workspace(Path(home)).tables_and_fingerprint()
    return found


@st.cache_resource(max_entries=1, show_spinner="Asking the data …")
def _report(home: str, snapshot: str | None) -> Report:
    from marquee.insights import INSIGHTS
    from marquee.insights.report import make_report, note_data
    from marquee.service.library import fictional_notes

    asked = _tables(home, snapshot)
    described = note_data(asked, "workspace", snapshot, fictional_notes(asked.titles))
    return make_report(asked, INSIGHTS.values(), described, made_on=today())


@st.cache_resource(max_entries=1, show_spinner="Drawing the charts …")
def _report_page(home: str, snapshot: str | None) -> str:
    from marquee import __version__
    from marquee.app.report.page import page
    from marquee.app.report.theme import ON_PAGE
    from marquee.app.report.writing import drawn

    found = _report(home, snapshot)
    made: dict[str, object] = {
        "marquee": __version__,
        "data": "workspace",
        "as": None,
        "seed": found.seed,
        "made_on": found.made_on.isoformat(),
        "only": [],
        "charts": True,
    }
    return page(found, drawn(found, ON_PAGE), made)


@st.cache_resource(max_entries=1, show_spinner="Learning who wants which titles …")
def _audience_model(home: str, snapshot: str | None) -> AudienceModel:
    from marquee.forecast.audience import AudienceModel

    return AudienceModel().fit(_tables(home, snapshot))


@st.cache_data(max_entries=6, show_spinner="Looking for what was measured before …")
def _record_key(home: str, snapshot: str | None, target: str, version: str, _kept: Trained) -> str:
    del target, version
    from marquee.lifecycle.backtesting import record_key

    return record_key(_tables(home, snapshot), _kept)


@st.cache_data(max_entries=1, ttl=60, show_spinner="Looking whether anything is new …")
def _learned_now(home: str, snapshot: str | None) -> str:
    del snapshot
    from marquee.lifecycle.fitting import known_now

    return known_now(Workspace(Path(home)), store())[1]
