"""Which viewers would want a planned film, and how many."""

from __future__ import annotations

import streamlit as st

from marquee.app.studio import charts, opened
from marquee.app.studio.film_form import film_form, link_of
from marquee.app.studio.frame import PageOf, chart, sentence
from marquee.service.audience import MEANINGS, forecast_audience


def draw() -> None:
    """The inputs, and the viewers below them."""
    desk = opened.desk()
    with st.expander("The film", expanded=True):
        plan = film_form(desk)
    audience = st.radio(
        "Who is counted",
        list(MEANINGS),
        format_func=lambda name: f"who {MEANINGS[name]}",
        horizontal=True,
        key="audience",
        bind="query-params",
    )
    question = desk.question(plan, opened.today())
    answer = forecast_audience(opened.audience_model(), question, audience=audience or "liked")
    first, second, third = st.columns(3)
    first.metric("Viewers", f"{answer.expected:,.0f} of {answer.n_viewers:,}", border=True)
    second.metric("8 of 10 such films", f"{answer.low:,.0f} – {answer.high:,.0f}", border=True)
    third.metric(
        "Lift over activity",
        f"×{answer.lift_over_activity:.2f}",
        border=True,
        help="What the likeliest tenth of the viewers holds of the audience, over what the tenth "
        "who rate the most holds.",
    )
    st.write(
        f"The likeliest tenth of the viewers holds {answer.top_tenth:.0%} of those who "
        f"{answer.meaning}, {answer.lift_over_activity:.2f} times what the tenth who rate the "
        "most holds."
    )
    st.header("By taste, as found in what viewers watch and like")
    chart(charts.lifts(answer.tastes, "taste"), "tastes")
    for kind in dict.fromkeys(each.kind for each in answer.segments):
        st.header(f"By {kind}")
        rows = [each for each in answer.segments if each.kind == kind]
        chart(charts.lifts(rows, kind), kind)
    for text in answer.caveats:
        st.caption(sentence(text))
    st.header("Link to this film")
    st.code(link_of(plan), language=None, wrap_lines=True)


PAGE = PageOf(
    "audience",
    "Audience",
    "Which viewers would want a film that nobody has seen, by taste and by group, and how many, "
    "from its description alone.",
    draw,
)
