"""Forecasts that were given, entered in the ledger, and what became of the films.

A forecast counts once the film has been out for the lag of the features and its box office is
known, and only if it was given before the film opened: what is said of a film that is out already
is no forecast. Of several given for one film the last before its release counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.data.titles import normalize
from marquee.data.workspace import Workspace
from marquee.features.asking import settled
from marquee.lifecycle.ledger import Entry, append
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_records import FilmForecast, plain

FILE = "ledger.jsonl"
MEASURE = "revenue_usd"
LEVEL = 0.95


def ledger_path(workspace: Workspace) -> Path:
    """Where the workspace keeps its ledger of forecasts."""
    return workspace.home / "forecasts" / FILE


def enter(path: Path, film: FilmPlan | int, answer: FilmForecast, *, at: str) -> Entry:
    """Enters the forecast in the ledger, with inputs, model, and what a naive forecast said."""
    plan = film.to_dict() if isinstance(film, FilmPlan) else None
    opens = film.opens if isinstance(film, FilmPlan) else None
    year = film.opens_in if isinstance(film, FilmPlan) else None
    said = {
        "film": answer.film,
        "title_id": answer.title_id,
        "plan": plan,
        "opens": opens,
        "year": year,
        "as_of": answer.as_of,
        "horizon": answer.horizon,
        "model": answer.model,
        "model_version": answer.model_version,
        "snapshot": answer.snapshot,
        "revenue_usd": answer.revenue_usd,
        "naive_usd": naive(answer, film.budget_usd if isinstance(film, FilmPlan) else None),
    }
    return append(path, plain(said), at=at)


def naive(answer: FilmForecast, budget_usd: float | None) -> float | None:
    """What comparables alone say: the budget times the median multiple of the films most like it.

    Without a budget, or where none of them tells its own, the median of what they took; None
    without such films.
    """
    multiples = [each.multiple for each in answer.similar if each.multiple is not None]
    if budget_usd is not None and multiples:
        return budget_usd * median(multiples)
    taken = [each.revenue_usd for each in answer.similar]
    return median(taken) if taken else None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A forecast and what became of its film."""

    number: int
    """Of the entry."""
    film: str
    title_id: int
    given_on: date
    released: date
    median_usd: float
    low_80_usd: float
    high_80_usd: float
    naive_usd: float | None
    revenue_usd: float
    in_50: bool
    in_80: bool

    @property
    def times(self) -> float:
        """How many times the median the film took."""
        return self.revenue_usd / self.median_usd


@dataclass(frozen=True, kw_only=True)
class Share:
    """How often an interval held, with the 95 % interval of that (Wilson 1927)."""

    nominal: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class TrackRecord:
    """How forecasts that were given have done."""

    n_given: int
    """Entries of the ledger."""
    n_after_release: int
    """Given when the film was out already: they do not count."""
    n_superseded: int
    """Followed by a later one before the release."""
    n_waiting: int
    """Of films that are not out, not found in the data, or whose box office is not known."""
    scored: tuple[Scored, ...]
    """Those that count, by day of release."""
    held: tuple[Share, ...]
    """How often the intervals of 50 and 80 % held; empty while nothing counts."""
    log_rmse: float | None
    """Root mean squared error of the median, in natural logarithms of dollars."""
    naive_log_rmse: float | None
    """The same of comparables alone, on the films for which they said something."""
    log_rmse_beside_naive: float | None
    """That of the median on these same films."""


def track_record(entries: Iterable[Entry], tables: Tables, *, today: date) -> TrackRecord:
    """How the entries have done by what the tables tell today."""
    films = _Films(tables)
    given = list(entries)
    late = waiting = 0
    last: dict[int, tuple[Entry, dict[str, Any]]] = {}
    superseded = 0
    for entry in given:
        film = films.find(entry.said)
        if film is None:
            waiting += 1
        elif _day(entry.at) >= film["release_date"]:
            late += 1
        else:
            superseded += film["title_id"] in last
            last[film["title_id"]] = (entry, film)
    scored = []
    for entry, film in last.values():
        if film["value"] is None or film["usable_from"] > today:
            waiting += 1
        else:
            scored.append(_scored(entry, film))
    scored.sort(key=lambda each: (each.released, each.number))
    beside = [each for each in scored if each.naive_usd]
    return TrackRecord(
        n_given=len(given),
        n_after_release=late,
        n_superseded=superseded,
        n_waiting=waiting,
        scored=tuple(scored),
        held=_held(scored),
        log_rmse=_log_rmse([each.times for each in scored]),
        naive_log_rmse=_log_rmse([each.revenue_usd / (each.naive_usd or 1) for each in beside]),
        log_rmse_beside_naive=_log_rmse([each.times for each in beside]),
    )


class _Films:
    """Films of the tables with their outcomes, found by number or by name and year."""

    def __init__(self, tables: Tables) -> None:
        known = settled(tables, MEASURE).select("title_id", "value", "usable_from")
        films = tables.titles.filter(
            (pl.col("kind") == "film") & pl.col("release_date").is_not_null()
        )
        films = films.select("title_id", "name", "year", "release_date")
        rows = films.join(known, on="title_id", how="left").to_dicts()
        self._by_id = {row["title_id"]: row for row in rows}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            self._by_name.setdefault(normalize(row["name"]), []).append(row)

    def find(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """The film that was spoken of; None where none is, or several may be."""
        if said["title_id"] is not None:
            return self._by_id.get(said["title_id"])
        year = said.get("year")
        same = self._by_name.get(normalize(str(said["film"])), [])
        near = [row for row in same if year is None or abs(row["release_date"].year - year) <= 1]
        return near[0] if len(near) == 1 else None


def _scored(entry: Entry, film: Mapping[str, Any]) -> Scored:
    money, value = entry.said["revenue_usd"], float(film["value"])
    return Scored(
        number=entry.number,
        film=str(entry.said["film"]),
        title_id=film["title_id"],
        given_on=_day(entry.at),
        released=film["release_date"],
        median_usd=money["median"],
        low_80_usd=money["low_80"],
        high_80_usd=money["high_80"],
        naive_usd=entry.said["naive_usd"],
        revenue_usd=value,
        in_50=money["low_50"] <= value <= money["high_50"],
        in_80=money["low_80"] <= value <= money["high_80"],
    )


def _held(scored: list[Scored]) -> tuple[Share, ...]:
    if not scored:
        return ()
    from scipy.stats import binomtest

    found = []
    for nominal, hits in (
        (0.5, sum(each.in_50 for each in scored)),
        (0.8, sum(each.in_80 for each in scored)),
    ):
        ends = binomtest(hits, len(scored)).proportion_ci(LEVEL, method="wilson")
        found.append(
            Share(
                nominal=nominal,
                share=hits / len(scored),
                low=float(ends.low),
                high=float(ends.high),
                n=len(scored),
            )
        )
    return tuple(found)


def _log_rmse(ratios: list[float]) -> float | None:
    """Of ratios of outcome to guess; None without any."""
    if not ratios:
        return None
    return math.sqrt(float(np.mean(np.log(ratios) ** 2)))


def _day(at: str) -> date:
    return date.fromisoformat(at[:10])
