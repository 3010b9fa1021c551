from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from marquee.app.report import pdf
from marquee.app.report.cells import cell
from marquee.app.report.checking import VOID
from marquee.app.report.drawing import draw
from marquee.app.report.page import page
from marquee.app.report.theme import DARK, LIGHT, ON_PAGE
from marquee.app.report.writing import write_report
from marquee.errors import MarqueeError
from report_kit import finding, small_report


class Outline(HTMLParser):
    """Tags in order, ids, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def drawn_page() -> str:
    report = small_report()
    chart = report.findings[0].chart
    assert chart is not None
    return page(report, {"odd-one": draw(chart, "odd-one", ON_PAGE)}, {"data": "films"})


@pytest.mark.slow
def test_the_page_stands_alone_and_is_well_formed() -> None:
    html = drawn_page()
    outline = Outline(html)
    assert not outline.open
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in outline.tags:
        assert tag not in ("link", "iframe", "object", "img")
        assert not (tag == "script" and attrs.get("type") != "application/json")
        for name in ("src", "href", "xlink:href"):
            assert (attrs.get(name) or "#").startswith(("#", "data:text/csv"))
    assert not re.search(r"@import|url\((?!#)", html)
    targets = {(attrs.get("href") or "")[1:] for tag, attrs in outline.tags if tag == "a"}
    assert {name for name in targets if name and not name.startswith("ata:")} <= set(ids)


@pytest.mark.slow
def test_a_chart_is_drawn_with_its_text_and_the_colors_of_the_page() -> None:
    html = drawn_page()
    svg = html[html.index("<svg") : html.index("</svg>")]
    assert 'role="img" aria-label="Bars of &quot;3,400&quot; titles."' in svg
    assert "&lt;b&gt;Noir" in svg
    colors = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "transparent"}
    assert colors
    assert all(re.fullmatch(r"var\(--chart-[\w-]+\)", color) for color in colors)
    for name in re.findall(r"--chart-[\w-]+", svg):
        assert f"{name}: " in html


@pytest.mark.slow
def test_a_chart_is_drawn_the_same_whatever_was_drawn_before() -> None:
    chart = finding().chart
    assert chart is not None
    first = draw(chart, "a", LIGHT)
    draw(chart, "b", DARK)
    assert draw(chart, "a", LIGHT) == first


@pytest.mark.slow
def test_ids_in_drawings_are_those_of_their_finding() -> None:
    chart = finding().chart
    assert chart is not None
    clipped = replace(chart, spec={**chart.spec, "mark": {"type": "bar", "clip": True}})
    for key in ("a", "b"):
        svg = draw(clipped, key, LIGHT)
        ids = set(re.findall(r'id="([^"]+)"', svg))
        assert ids
        assert all(name.startswith(f"{key}-") for name in ids)
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= ids


def test_names_from_the_data_are_text_and_not_tags() -> None:
    html = page(small_report(), {}, {"data": "</script><b>"})
    assert "<b>" not in html
    assert "<i>one" not in html
    assert "films <2>" not in html
    assert json.loads(re.findall(r'id="marquee-report">(.*?)</script>', html)[0]) == {
        "data": "</script><b>"
    }


def test_the_table_can_be_taken_along_as_csv() -> None:
    link = re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', page(small_report(), {}, {}))
    assert unquote(link[0]) == "genre,titles,share\n<b>Noir</b> & co,12,0.0035\nSci|Fi,3400,\n"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "", ""),
        (float("nan"), "%", ""),
        (True, "", "yes"),
        (12345, "", "12,345"),
        (1995, "year", "1995"),
        (3.5, "year", "3.5"),
        (4.0, "year", "4"),
        (1.234, "", "1.23"),
        (0.1234, "%", "12.3%"),
        (-0.05, "points", "−5.0"),
        (2_500_000.0, "$", "$2.5\N{NO-BREAK SPACE}million"),
        ("A|b", "", "A|b"),
    ],
)
def test_a_cell_is_written_for_people(value: object, unit: str, text: str) -> None:
    assert cell(value, unit) == text


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_what_carries_meaning_stands_out_from_its_ground(colors: dict[str, str]) -> None:
    """Contrast by WCAG 2.2: 4.5 for text, 3 for graphics."""
    page_grounds = {"#ffffff": "#fbf7f0", "#1e1a21": "#131015"}
    for ground in (colors["ground"], page_grounds[colors["ground"]]):
        for name, color in colors.items():
            if name in ("ground", "grid", "quiet"):
                continue
            one, other = sorted((luminance(color), luminance(ground)), reverse=True)
            least = 4.5 if name in ("ink", "faint") else 3
            assert (one + 0.05) / (other + 0.05) >= least, (name, ground)


def test_markdown_and_json_say_the_same(tmp_path: Path) -> None:
    report = small_report()
    (text,) = write_report(report, tmp_path / "a.md", "md", {}, charts=False)
    said = text.read_text(encoding="utf-8")
    assert "**\\<b\\>Noir\\</b\\> & co has 3,400 titles.**" in said
    assert "| Sci\\|Fi | 3,400 |  |" in said
    (file,) = write_report(report, tmp_path / "a.json", "json", {})
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["summary"] == ["other-one", "odd-one"]
    assert found["findings"][0]["sentences"][1]["numbers"]["share"]["low"] == 0.2
    assert found["findings"][0]["table"][1] == {"genre": "Sci|Fi", "titles": 3400, "share": None}
    assert found["unanswered"][0]["reason"] == "there are no viewers & no ratings"


@pytest.mark.slow
def test_markdown_has_its_pictures_beside_it(tmp_path: Path) -> None:
    text, picture = write_report(small_report(), tmp_path / "a.md", "md", {})
    assert picture.relative_to(tmp_path).as_posix() in text.read_text(encoding="utf-8")
    assert "var(" not in picture.read_text(encoding="utf-8")


def test_without_what_draws_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    chart = finding().chart
    assert chart is not None
    with pytest.raises(MarqueeError, match=r"marquee\[insights\].*--no-charts"):
        draw(chart, "a", LIGHT)


def test_without_a_browser_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser-at-all",))
    with pytest.raises(MarqueeError, match="print it from any browser"):
        write_report(small_report(), tmp_path / "a.pdf", "pdf", {}, charts=False)
