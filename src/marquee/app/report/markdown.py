"""A report as Markdown, for a repository: its pictures are files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marquee import __version__
from marquee.app.report.cells import numeric, rows
from marquee.app.report.page import counted, facts
from marquee.insights.base import Finding
from marquee.insights.report import Report

MOST_ROWS = 30
"""Rows of a table that are shown; the page and JSON have all."""


def markdown(report: Report, pictures: Mapping[str, str]) -> str:
    """The report; ``pictures`` are addresses of images by the key of their finding."""
    return "\n".join(_lines(report, pictures)) + "\n"


def _lines(report: Report, pictures: Mapping[str, str]) -> Iterator[str]:
    yield f"# What {_text(report.data.name)} says"
    yield from ("", _text(facts(report.data)) + ".")
    for note in report.data.notes:
        yield from ("", f"> {_text(note)}")
    yield from ("", "## What matters most", "")
    for place, finding in enumerate(report.summary, start=1):
        yield f"{place}. {_text(finding.claim)}"
    for heading, findings in report.topics.items():
        yield from ("", f"## {heading}")
        for finding in findings:
            yield from _finding(finding, report, pictures.get(finding.key))
    if report.unanswered:
        yield from ("", "## What these data cannot answer", "")
        for row in report.unanswered:
            yield f"- {_text(row.question)} {_text(row.reason).capitalize()}."
    yield from ("", f"Made by Marquee {__version__} on {report.made_on.isoformat()}.")


def _finding(finding: Finding, report: Report, picture: str | None) -> Iterator[str]:
    yield from ("", f"### {_text(finding.question)}", "")
    claim, *others = finding.sentences
    yield f"**{_text(claim.text)}**"
    if others:
        yield from ("", " ".join(_text(sentence.text) for sentence in others))
    if picture is not None and finding.chart is not None:
        yield from ("", f"![{_text(finding.chart.alt.text)}]({picture})")
    yield from ("", f"*{_text(counted(finding, report.data))}.*")
    if finding.caveats:
        yield ""
        for caveat in finding.caveats:
            yield f"- {_text(caveat.text)}"
    yield ""
    yield "| " + " | ".join(map(_text, finding.table.columns)) + " |"
    yield "|" + "|".join("--:" if right else "---" for right in numeric(finding)) + "|"
    listed = rows(finding)
    for row in listed[:MOST_ROWS]:
        yield "| " + " | ".join(map(_text, row)) + " |"
    if len(listed) > MOST_ROWS:
        yield from ("", f"{len(listed) - MOST_ROWS:,} more rows.")


def _text(text: str) -> str:
    """The text with the letters of Markdown escaped."""
    for letter in "\\`*_[]<>|":
        text = text.replace(letter, f"\\{letter}")
    return text.replace("\n", " ")
