"""Questions that were asked, with what was answered, to be asked again later.

A scenario is plain text, so that it can be kept beside the plan, sent to somebody and compared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from marquee.errors import ParameterError
from marquee.service.film_plan import FilmPlan, film_plan
from marquee.service.forecast_records import Difference, Replay, plain

if TYPE_CHECKING:
    from marquee.service.forecast_desk import ForecastDesk

FORMAT = "marquee-scenario-1"

CLOSE = 1e-9
"""Relative difference up to which numbers are the same: libraries add in other orders elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A what-if with its answer; without changes it is a forecast."""

    name: str
    film: FilmPlan | int
    """The plan, or the number of a title."""
    changes: Mapping[str, Any]
    today: date
    """The day on which it was asked."""
    answer: Mapping[str, Any]
    """The what-if as plain values."""
    notes: str = field(default="")

    def to_json(self) -> str:
        """The scenario as text; :func:`read_scenario` reads it back."""
        film = self.film.to_dict() if isinstance(self.film, FilmPlan) else self.film
        values = {
            "format": FORMAT,
            "name": self.name,
            "film": film,
            "changes": plain(self.changes),
            "today": self.today.isoformat(),
            "notes": self.notes,
            "answer": self.answer,
        }
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def make_scenario(
    desk: ForecastDesk,
    name: str,
    film: FilmPlan | int,
    changes: Mapping[str, Any],
    *,
    today: date,
    notes: str = "",
) -> Scenario:
    """The what-if asked now, with its answer, under that name.

    Raises
    ------
    ParameterError
        If the name is empty, or as :meth:`ForecastDesk.what_if`.
    """
    if not name.strip():
        raise ParameterError("a scenario needs a name")
    answer = plain(desk.what_if(film, changes, today=today))
    return Scenario(
        name=name.strip(), film=film, changes=dict(changes), today=today, answer=answer, notes=notes
    )


def read_scenario(text: str) -> Scenario:
    """The scenario that :meth:`Scenario.to_json` wrote.

    Raises
    ------
    ParameterError
        If the text is no scenario; it says what is wrong with it.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ParameterError(f"a scenario is JSON, and this is not: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ParameterError(f'a scenario says "format": "{FORMAT}", and this does not')
    absent = [name for name in ("name", "film", "changes", "today", "answer") if name not in values]
    if absent:
        raise ParameterError(f"the scenario lacks {', '.join(absent)}")
    film, changes, answer = values["film"], values["changes"], values["answer"]
    if not isinstance(changes, dict) or not isinstance(answer, dict):
        raise ParameterError("changes and answer of a scenario are tables of names and values")
    if isinstance(film, bool) or not isinstance(film, (dict, int)):
        raise ParameterError(f"film of a scenario is a plan or a title's number, got {film!r}")
    try:
        today = date.fromisoformat(values["today"])
    except (TypeError, ValueError) as error:
        raise ParameterError(f"today must be YYYY-MM-DD, got {values['today']!r}") from error
    return Scenario(
        name=str(values["name"]),
        film=film_plan(film) if isinstance(film, dict) else film,
        changes=changes,
        today=today,
        answer=answer,
        notes=str(values.get("notes", "")),
    )


def replay(desk: ForecastDesk, scenario: Scenario) -> Replay:
    """The scenario asked again as of its day, and every value that is another one now.

    Numbers within a billionth count as the same. A difference in the model's version or the data's
    snapshot is told like any other, and explains the rest.
    """
    now = plain(desk.what_if(scenario.film, scenario.changes, today=scenario.today))
    differences = tuple(_differences("", scenario.answer, now))
    return Replay(same=not differences, differences=differences, now=now)


def _differences(where: str, then: Any, now: Any) -> list[Difference]:
    """Every leaf that differs, by its path."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        names = [*then, *(name for name in now if name not in then)]
        return [
            each
            for name in names
            for each in _differences(
                f"{where}.{name}" if where else name, then.get(name), now.get(name)
            )
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            each
            for place, (old, new) in enumerate(zip(then, now, strict=True))
            for each in _differences(f"{where}[{place}]", old, new)
        ]
    if _same(then, now):
        return []
    return [Difference(what=where, then=then, now=now)]


def _same(then: Any, now: Any) -> bool:
    numbers = isinstance(then, (int, float)) and isinstance(now, (int, float))
    if numbers and not isinstance(then, bool) and not isinstance(now, bool):
        return math.isclose(then, now, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(then == now)
