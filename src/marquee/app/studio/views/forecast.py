"""How a planned film will do, from what is known before it opens."""

from __future__ import annotations

import streamlit as st

from marquee.app.amounts import dollars, percent
from marquee.app.clock import moment
from marquee.app.studio import charts, opened
from marquee.app.studio.film_form import UNTITLED, film_form, link_of
from marquee.app.studio.frame import PageOf, as_table, chart, listed, source_line, table
from marquee.service import forecast_demo
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_opening import opening_notes
from marquee.service.forecast_records import FilmForecast, SimilarFilm, Spread
from marquee.service.track_record import enter, ledger_path


def draw() -> None:
    """The inputs, and the answer below them."""
    desk = opened.desk()
    with st.expander("The film", expanded=True):
        plan = film_form(desk)
    answer = desk.forecast(plan, today=opened.today())
    _head(answer)
    if answer.warnings:
        st.warning("Outside the training data:\n" + listed(answer.warnings))
    if answer.notes:
        st.info("To be minded:\n" + listed(answer.notes))
    st.header("How much it takes")
    money = {"revenue": answer.revenue_usd}
    chart(charts.spreads(money, plan.budget_usd), "revenue")
    _targets(answer)
    if answer.classes:
        st.header("How it will be judged")
        st.write(
            f"The budget comes back in {percent(answer.chance_of_budget_back)} of such films and "
            f"twice the budget, about what it takes to break even, in "
            f"{percent(answer.chance_of_double)}. The median is {answer.likely_class}."
        )
        chart(charts.classes(answer.classes), "classes")
    if answer.explanation is not None:
        st.header("What moves the answer")
        st.write(
            "Each input multiplies the median of the usual film; the strongest stand first. "
            "It is how the model reads the inputs, and not what each would cause."
        )
        chart(charts.waterfall(answer.explanation), "what-moves-it")
    st.header("Past films like it")
    _similar(answer.similar)
    st.header("Link to this film")
    st.code(link_of(plan), language=None, wrap_lines=True)
    notes = opening_notes(desk)
    source_line(answer.model, answer.model_version, answer.snapshot, notes)
    _enter(plan, answer)


def _enter(plan: FilmPlan, answer: FilmForecast) -> None:
    """Enters the forecast in the ledger, unless it is of the made-up film of the first visit."""
    if plan.title in (forecast_demo.TITLE, UNTITLED):
        st.caption("A film with a title of its own is entered in the ledger of forecasts.")
        return
    entry = enter(ledger_path(opened.workspace()), plan, answer, at=moment())
    st.caption(
        f"Entry {entry.number:,} of the ledger: once the film is out, the page Track record tells "
        "how this did. To play with inputs there is What if, which enters nothing."
    )


def _head(answer: FilmForecast) -> None:
    revenue = answer.revenue_usd
    first, second, third, fourth = st.columns([2, 3, 2, 3])
    first.metric("Median revenue", dollars(revenue.median), border=True)
    second.metric(
        "8 of 10 such films", f"{dollars(revenue.low_80)} – {dollars(revenue.high_80)}", border=True
    )
    third.metric("Twice the budget", percent(answer.chance_of_double) or "no budget", border=True)
    fourth.metric("Class of the median", answer.likely_class or "no budget", border=True)


def _targets(answer: FilmForecast) -> None:
    found: list[tuple[str, Spread | None, bool]] = [
        ("revenue", answer.revenue_usd, True),
        ("revenue less budget", answer.profit_usd, True),
        ("multiple of the budget", answer.multiple, False),
        ("popularity", answer.popularity, False),
        ("audience score", answer.audience_score, False),
    ]
    rows = []
    for name, each, money in found:
        if each is not None:
            write = dollars if money else "{:.2f}".format
            rows.append(
                {
                    "which": name,
                    "median": write(each.median),
                    "half of such films": f"{write(each.low_50)} to {write(each.high_50)}",
                    "8 of 10": f"{write(each.low_80)} to {write(each.high_80)}",
                }
            )
    table(rows)


def _similar(films: tuple[SimilarFilm, ...]) -> None:
    if not films:
        st.write("No past film has a known box office to compare with.")
        return
    rows = [
        {
            "film": each.name if each.year is None else f"{each.name} ({each.year})",
            "took": dollars(each.revenue_usd),
            "budget": "" if each.budget_usd is None else dollars(each.budget_usd),
            "multiple": "" if each.multiple is None else f"{each.multiple:.1f}×",
            "in common": ", ".join(each.shared),
        }
        for each in films
    ]
    table(rows)
    as_table(rows, "past-films")


PAGE = PageOf(
    "forecast",
    "Forecast",
    "How a planned film will do: the median, the intervals that hold half and 8 of 10 of such "
    "films, what moved the answer, and the past films most like it.",
    draw,
)
