"""A report written to a file in the format asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from marquee.app.report.drawing import draw
from marquee.app.report.machine import report_document
from marquee.app.report.markdown import markdown
from marquee.app.report.page import page
from marquee.app.report.pdf import print_page
from marquee.app.report.theme import LIGHT, ON_PAGE
from marquee.insights.report import Report

FORMATS = ("html", "md", "pdf", "json")

OnDrawn = Callable[[int, int, str], None]
"""Called with the number of charts drawn, their number, and the question of the next."""


def write_report(
    report: Report,
    path: Path,
    form: str,
    made: dict[str, Any],
    *,
    charts: bool = True,
    on_drawn: OnDrawn | None = None,
) -> list[Path]:
    """Writes the report and returns the files: itself, then pictures that it needs beside it.

    Raises
    ------
    MarqueeError
        If what draws charts or prints pages is not there.
    """
    if form == "json":
        text = json.dumps(report_document(report), ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
        return [path]
    colors = LIGHT if form == "md" else ON_PAGE
    drawings = drawn(report, colors, on_drawn) if charts else {}
    if form == "md":
        return _write_markdown(report, path, drawings)
    html = page(report, drawings, made)
    if form == "pdf":
        print_page(html, path)
    else:
        path.write_text(html, encoding="utf-8")
    return [path]


def drawn(
    report: Report, colors: dict[str, str], on_drawn: OnDrawn | None = None
) -> dict[str, str]:
    """The charts as ``<svg>`` elements by the key of their finding."""
    with_chart = [finding for finding in report.findings if finding.chart is not None]
    drawings = {}
    for done, finding in enumerate(with_chart):
        if on_drawn is not None:
            on_drawn(done, len(with_chart), finding.question)
        assert finding.chart is not None
        drawings[finding.key] = draw(finding.chart, finding.key, colors)
    if on_drawn is not None:
        on_drawn(len(with_chart), len(with_chart), "")
    return drawings


def _write_markdown(report: Report, path: Path, drawings: dict[str, str]) -> list[Path]:
    folder = path.with_name(f"{path.stem}-charts")
    files, pictures = [path], {}
    if drawings:
        folder.mkdir(exist_ok=True)
    for key, svg in drawings.items():
        picture = folder / f"{key}.svg"
        ground = f'<rect width="100%" height="100%" fill="{LIGHT["ground"]}"/>'
        head, end, body = svg.partition(">")
        picture.write_text(head + end + ground + body, encoding="utf-8")
        pictures[key] = f"{folder.name}/{picture.name}"
        files.append(picture)
    path.write_text(markdown(report, pictures), encoding="utf-8")
    return files
