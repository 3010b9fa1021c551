"""A planned film in inputs that stand in the page's address, the same on every page about films."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from marquee.app.studio import opened
from marquee.data.tables import Tables
from marquee.features.calendar import MONTHS
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_demo import demo_plan
from marquee.service.forecast_desk import ForecastDesk

MILLION = 1e6

NAMES = {
    "director": ("directors", "Director"),
    "cast": ("cast", "Cast, the first billed first"),
    "company": ("companies", "Companies"),
    "writer": ("writers", "Writers"),
}
"""Inputs that hold names between commas: the field of the plan, and the label."""


UNTITLED = "Untitled"


def film_form(desk: ForecastDesk) -> FilmPlan:
    """The plan that the inputs describe, those of a made-up film at first.

    Raises
    ------
    ParameterError
        If the inputs are no plan; it says what is allowed.
    """
    start = demo_plan(desk, opened.today())
    text = st.text_input("Title", start.title, key="title", bind="query-params", max_chars=200)
    left, middle, right = st.columns(3)
    with left:
        budget = st.number_input(
            "Budget, million US dollars",
            min_value=0.01,
            max_value=10_000.0,
            value=(start.budget_usd or 0) / MILLION or None,
            step=1.0,
            key="budget",
            bind="query-params",
            help="Nominal production budget. Empty stands for unknown.",
        )
        month = st.selectbox(
            "Month of release",
            range(1, 13),
            index=(start.month or 1) - 1,
            format_func=lambda number: MONTHS[number - 1],
            key="month",
            bind="query-params",
        )
        year = st.number_input(
            "Year of release",
            min_value=opened.today().year,
            max_value=opened.today().year + 20,
            value=start.year,
            step=1,
            key="year",
            bind="query-params",
        )
        runtime = st.number_input(
            "Running time, minutes",
            min_value=1,
            max_value=1_000,
            value=None,
            step=1,
            key="runtime",
            bind="query-params",
            placeholder="unknown",
        )
    with middle:
        genres = st.multiselect(
            "Genres", desk.genres, list(start.genres), key="genres", bind="query-params"
        )
        certificate = certificate_of(desk.tables, start, "certificate")
        languages = st.multiselect(
            "Languages", languages_of(desk.tables), key="language", bind="query-params"
        )
        series = st.text_input("Series or franchise", "", key="series", bind="query-params")
    with right:
        names = {}
        for key, (field, label) in NAMES.items():
            given = st.text_input(
                label,
                ", ".join(getattr(start, field)),
                key=key,
                bind="query-params",
                help="Names between commas.",
            )
            names[field] = [part.strip() for part in (given or "").split(",") if part.strip()]
    overview = st.text_area("What it is about", "", key="overview", bind="query-params")
    values: dict[str, Any] = {
        "title": (text or "").strip() or UNTITLED,
        "overview": overview or None,
        "genres": genres,
        "budget_usd": None if budget is None else round(budget * MILLION),
        "year": year,
        "month": month,
        "runtime_min": runtime,
        "certificate": certificate,
        "languages": languages,
        "collection": series or None,
        **names,
    }
    return desk.plan({name: value for name, value in values.items() if value not in (None, [])})


def link_of(plan: FilmPlan) -> str:
    """The address of this page about that plan, every input spelled out."""
    pairs: list[tuple[str, Any]] = [("title", plan.title)]
    if plan.budget_usd is not None:
        pairs.append(("budget", plan.budget_usd / MILLION))
    # Streamlit writes the choice of a list as it is shown.
    month = MONTHS[plan.opens.month - 1] if plan.opens else None
    pairs += [("year", plan.opens_in), ("month", month)]
    pairs += [("runtime", plan.runtime_min), ("certificate", plan.certificate)]
    pairs += [("series", plan.collection), ("overview", plan.overview)]
    pairs += [("genres", genre) for genre in plan.genres]
    pairs += [("language", language) for language in plan.languages]
    pairs += [(key, ", ".join(getattr(plan, field))) for key, (field, _) in NAMES.items()]
    here = (st.context.url or "").partition("?")[0]
    return f"{here}?" + urlencode([(key, value) for key, value in pairs if value])


def certificate_of(tables: Tables, plan: FilmPlan, key: str) -> str | None:
    """One of the certificates that films of the catalog have, that of the plan at first."""
    choices = _by_count(_films(tables)["certificate"])
    known = plan.certificate in choices
    found: str | None = st.selectbox(
        "Certificate",
        choices,
        index=choices.index(plan.certificate or "") if known else None,
        key=key,
        bind="query-params",
        placeholder="unknown",
    )
    return found


def languages_of(tables: Tables) -> list[str]:
    """The languages of the catalog's films, the commonest first."""
    return _by_count(_films(tables)["languages"].explode())


def _films(tables: Tables) -> pl.DataFrame:
    return tables.titles.filter(pl.col("kind") == "film")


def _by_count(values: pl.Series) -> list[str]:
    counts = values.drop_nulls().value_counts(sort=True, name="n")
    return counts[values.name].to_list()
