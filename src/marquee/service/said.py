"""What a plan says of a group of inputs, in a few words."""

from __future__ import annotations

from collections.abc import Callable

from marquee.features.calendar import MONTHS
from marquee.service.film_plan import FilmPlan

MOST = 3
"""Names of a list that are told."""


def said(plan: FilmPlan, group: str) -> str:
    """The plan's own words about the group; empty where it says nothing or none is known."""
    tell = _TOLD.get(group)
    return tell(plan) if tell is not None else ""


def _names(items: tuple[str, ...]) -> str:
    listed = ", ".join(items[:MOST])
    return f"{listed} and {len(items) - MOST} more" if len(items) > MOST else listed


def _month(plan: FilmPlan) -> str:
    return MONTHS[plan.opens.month - 1] if plan.opens is not None else ""


_TOLD: dict[str, Callable[[FilmPlan], str]] = {
    "budget": lambda plan: f"${plan.budget_usd:,.0f}" if plan.budget_usd else "unknown",
    "genre": lambda plan: _names(plan.genres),
    "month": _month,
    "release day": lambda plan: "" if plan.opens is None else plan.opens.isoformat(),
    "year": lambda plan: str(plan.opens_in or ""),
    "runtime": lambda plan: f"{plan.runtime_min} min" if plan.runtime_min else "unknown",
    "certificate": lambda plan: plan.certificate or "Not Rated",
    "language": lambda plan: _names(plan.languages),
    "country": lambda plan: _names(plan.countries),
    "studio": lambda plan: _names(plan.companies),
    "franchise": lambda plan: plan.collection or "",
    "director": lambda plan: _names(plan.directors),
    "writer": lambda plan: _names(plan.writers),
    "producer": lambda plan: _names(plan.producers),
    "cast": lambda plan: _names(plan.cast),
}
