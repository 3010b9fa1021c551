"""What the data say about films and audiences, each sentence with its chart and its table."""

from __future__ import annotations

import streamlit as st

from marquee.app.report.drawing import sized
from marquee.app.report.page import counted, facts
from marquee.app.studio import opened
from marquee.app.studio.frame import PageOf, as_table, draw, listed, sentence
from marquee.insights.base import Finding
from marquee.insights.report import DataNote

SUMMARY = "What matters most"


def draw_page() -> None:
    """The findings that matter most or those of a topic, and what could not be answered."""
    report = opened.report()
    st.write(sentence(facts(report.data)))
    topic = st.radio(
        "Topic",
        [SUMMARY, *report.topics],
        horizontal=True,
        key="topic",
        bind="query-params",
    )
    words = st.text_input(
        "Find a question",
        "",
        key="words",
        bind="query-params",
        placeholder="genre, budget, age …",
        help="Looks in all topics.",
    )
    shown = report.summary if topic == SUMMARY else report.topics.get(str(topic), [])
    if words and words.strip():
        shown = [finding for finding in report.findings if _fits(finding, words)]
    if not shown:
        st.info("No question holds these words; try fewer.")
    for finding in shown:
        _finding(finding, report.data)
    if report.unanswered and topic == SUMMARY and not words:
        with st.expander(f"Not answered by these data: {len(report.unanswered)} questions"):
            st.markdown(listed([f"{each.question} {each.reason}" for each in report.unanswered]))
    st.header("The whole report")
    if st.button("Make the report"):
        st.download_button(
            "Download the report, one page that stands alone",
            opened.report_page().encode(),
            file_name="report.html",
            mime="text/html",
            on_click="ignore",
        )


def _fits(finding: Finding, words: str) -> bool:
    text = f"{finding.key} {finding.question} {finding.claim}".casefold()
    return all(word in text for word in words.casefold().split())


def _finding(finding: Finding, data: DataNote) -> None:
    with st.container(border=True):
        st.header(sentence(finding.question), anchor=finding.key)
        st.markdown(f"**{sentence(finding.claim)}**")
        if finding.chart is not None:
            draw(sized(finding.chart.spec), finding.chart.alt.text, finding.key)
        if finding.sentences[1:]:
            st.markdown("\n\n".join(sentence(each.text) for each in finding.sentences[1:]))
        as_table(finding.table, finding.key)
        st.caption(
            " ".join(
                [
                    sentence(counted(finding, data)),
                    *(sentence(each.text) for each in finding.caveats),
                ]
            )
        )


PAGE = PageOf(
    "insights",
    "Insights",
    "What the data say about films and audiences: each answer with its figures, its chart, its "
    "table, and what it does not tell.",
    draw_page,
)
