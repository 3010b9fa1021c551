"""A planned film changed at will, beside the plan as it is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from marquee.app.amounts import dollars, percent, ratio
from marquee.app.studio import charts, opened
from marquee.app.studio.film_form import MILLION, certificate_of, film_form, link_of
from marquee.app.studio.frame import PageOf, as_table, chart, listed, sentence, source_line, table
from marquee.features.calendar import MONTHS
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_desk import ForecastDesk
from marquee.service.forecast_opening import opening_notes
from marquee.service.forecast_records import OF_THE_MODEL, Changed, Spread, WhatIf
from marquee.service.scenarios import make_scenario

LETTERS = "ABC"
FIELDS = ("budget", "month", "genres", "running time", "certificate", "director", "lead", "series")
"""What a scenario can change."""


def draw() -> None:
    """The pinned plan, up to three scenarios, and the plan in all months and with all budgets."""
    desk = opened.desk()
    with st.expander("The plan, which is pinned as the baseline", expanded=False):
        plan = film_form(desk)
    st.info(OF_THE_MODEL)
    n = st.radio(
        "Scenarios side by side",
        (1, 2, 3),
        horizontal=True,
        key="scenarios",
        bind="query-params",
    )
    changed: dict[str, dict[str, Any]] = {}
    for letter, column in zip(LETTERS[: n or 1], st.columns(n or 1), strict=True):
        with column, st.container(border=True):
            changed[letter] = _changes(desk, plan, letter)
    answers = {
        letter: desk.what_if(plan, changes, today=opened.today())
        for letter, changes in changed.items()
    }
    _compared(answers)
    _saved(desk, plan, changed)
    st.header("The plan in other months and with other budgets")
    if st.toggle("Show them", key="curves", bind="query-params"):
        _curves(desk, plan)
    st.header("Link to the plan")
    st.code(link_of(plan), language=None, wrap_lines=True)
    first = next(iter(answers.values()))
    source_line(first.model, first.model_version, first.snapshot, opening_notes(desk))


def _changes(desk: ForecastDesk, plan: FilmPlan, letter: str) -> dict[str, Any]:
    """What the inputs of one scenario change."""
    st.header(f"Scenario {letter}")
    fields = st.multiselect(
        "Change",
        FIELDS,
        default=["budget"],
        key=f"change_{letter}",
        bind="query-params",
    )
    found: dict[str, Any] = {}
    for field in fields:
        found |= _change(desk, plan, letter, field)
    return found


def _change(desk: ForecastDesk, plan: FilmPlan, letter: str, field: str) -> dict[str, Any]:
    key = f"{field.replace(' ', '_')}_{letter}"
    if field == "budget":
        return _budget(plan, key)
    if field == "month":
        month = st.select_slider(
            "Month of release",
            range(1, 13),
            plan.opens.month if plan.opens else 1,
            format_func=lambda number: MONTHS[number - 1][:3],
            key=key,
            bind="query-params",
        )
        return {"month": month}
    if field == "genres":
        genres = st.multiselect(
            "Genres", desk.genres, list(plan.genres), key=key, bind="query-params"
        )
        return {"genres": genres or None}
    if field == "running time":
        minutes = st.slider(
            "Running time, minutes", 60, 240, plan.runtime_min or 100, key=key, bind="query-params"
        )
        return {"runtime_min": minutes}
    if field == "certificate":
        return {"certificate": certificate_of(desk.tables, plan, key)}
    if field == "series":
        series = st.text_input(
            "Series or franchise", plan.collection or "", key=key, bind="query-params"
        )
        return {"collection": series or None}
    name = "directors" if field == "director" else "cast"
    own = getattr(plan, name)
    given = st.text_input(field.capitalize(), own[0] if own else "", key=key, bind="query-params")
    return {name: ([given.strip()] if given and given.strip() else []) + list(own[1:])}


def _budget(plan: FilmPlan, key: str) -> dict[str, Any]:
    """Another budget, to the half million; nothing where the slider stands on the plan's."""
    planned = (plan.budget_usd or 20 * MILLION) / MILLION
    value = st.slider(
        "Budget, million US dollars",
        0.5,
        float(max(400, round(2 * planned))),
        max(round(2 * planned) / 2, 0.5),
        0.5,
        key=key,
        bind="query-params",
    )
    same = plan.budget_usd is not None and abs(value - planned) < 0.25
    return {} if same else {"budget_usd": round(value * MILLION)}


def _compared(answers: dict[str, WhatIf]) -> None:
    plan = next(iter(answers.values())).before
    money: dict[str, Spread] = {"plan": plan.revenue_usd}
    money |= {f"scenario {letter}": each.after.revenue_usd for letter, each in answers.items()}
    for column, (letter, each) in zip(st.columns(len(answers)), answers.items(), strict=True):
        column.metric(
            f"Scenario {letter}: median revenue",
            dollars(each.after.revenue_usd.median),
            delta=f"{each.change.ratio - 1:+.0%} against the plan" if each.changes else None,
            border=True,
        )
        column.write(
            f"The median becomes {ratio(each.change)}." if each.changes else "Nothing is changed."
        )
        if each.warnings:
            column.warning("Outside the training data:\n" + listed(each.warnings))
    chart(charts.spreads(money, plan.revenue_usd.median, "plan's median"), "scenarios")
    rows = [
        _row("plan", plan.revenue_usd, plan.chance_of_double, "", ""),
        *(
            _row(
                f"scenario {letter}",
                each.after.revenue_usd,
                each.after.chance_of_double,
                ratio(each.change),
                "; ".join(map(_difference, each.changes)),
            )
            for letter, each in answers.items()
        ),
    ]
    table(rows)
    as_table(rows, "what-if")
    st.caption(sentence(next(iter(answers.values())).interval_is))


def _row(name: str, money: Spread, double: float | None, change: str, what: str) -> dict[str, str]:
    return {
        "which": name,
        "median": dollars(money.median),
        "8 of 10": f"{dollars(money.low_80)} to {dollars(money.high_80)}",
        "twice the budget": percent(double),
        "change": change,
        "what differs": what,
    }


def _difference(changed: Changed) -> str:
    """A field before and after: budget $40.0M → $80.0M."""
    name = {"budget_usd": "budget", "runtime_min": "minutes"}.get(changed.field, changed.field)
    return f"{name} {_told(changed.field, changed.before)} → {_told(changed.field, changed.after)}"


def _told(field: str, value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "unknown"
    if field == "budget_usd" and isinstance(value, float):
        return dollars(value)
    return "unknown" if value is None else str(value)


def _saved(desk: ForecastDesk, plan: FilmPlan, changed: dict[str, dict[str, Any]]) -> None:
    """Scenarios as files that `marquee forecast what-if --replay` asks again."""
    with st.expander("Save a scenario"):
        for letter, changes in changed.items():
            name = f"{plan.title}, scenario {letter}"
            kept = make_scenario(desk, name, plan, changes, today=opened.today())
            st.download_button(
                f"Scenario {letter} as a file",
                kept.to_json().encode(),
                file_name=f"scenario-{letter.lower()}.json",
                mime="application/json",
                key=f"save_{letter}",
                on_click="ignore",
            )
        st.caption("`marquee forecast what-if --replay FILE` asks it again later.")


def _curves(desk: ForecastDesk, plan: FilmPlan) -> None:
    by_month = desk.best_month(plan, today=opened.today())
    best = by_month.months[by_month.best_month - 1]
    name = MONTHS[by_month.best_month - 1]
    if by_month.best_month == by_month.planned_month:
        st.write(f"The planned month, {name}, has the highest median of the year.")
    else:
        sure = (
            "its interval lies above 1, though it was picked as the best of twelve"
            if by_month.interval_above_1
            else "a hint, since 1 lies inside"
        )
        st.write(f"{name} has the highest median, {ratio(best.change)} of the plan's; {sure}.")
    chart(charts.months(by_month), "months")
    curve = desk.budget_curve(plan, today=opened.today())
    st.write(f"Along the curve 1 % more budget goes with {curve.elasticity:.2f} % more revenue.")
    chart(charts.budgets(curve), "budgets")


PAGE = PageOf(
    "what-if",
    "What if",
    "The plan with other budgets, months, people and the rest: how the forecast changes, with the "
    "interval of each change, beside the plan as it is.",
    draw,
)
