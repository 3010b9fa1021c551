from __future__ import annotations

import re

import pytest

from marquee.app.report.checking import Difference, differences, read_page
from marquee.app.report.page import page
from marquee.errors import SourceError
from report_kit import small_report

DRAWING = {
    "odd-one": '<svg aria-label="Bars of &quot;3,400&quot; titles."><text>3,400</text></svg>'
}
PAGE = page(small_report(), DRAWING, {"data": "films", "seed": 3})
LINKS = re.compile(r'href="data:[^"]*"')


def found(html: str) -> list[Difference]:
    return differences(read_page(html), read_page(PAGE))


def test_a_page_holds_what_it_says() -> None:
    assert not found(PAGE)
    assert read_page(PAGE).made == {"data": "films", "seed": 3}


def test_every_digit_that_is_read_is_checked() -> None:
    """The text between tags and what screen readers say; code in the head is not text."""
    start = PAGE.index("<header")
    visible = [
        place
        for text in re.finditer(r'>[^<]+<|aria-label="[^"]+"', PAGE[start:])
        for place in range(start + text.start(), start + text.end())
        if PAGE[place].isdecimal() and not PAGE[place - 2 : place + 5].startswith("&#")
    ]
    visible = [place for place in visible if "<text>" not in PAGE[place - 10 : place]]
    assert len(visible) > 60
    for place in visible:
        changed = PAGE[:place] + str((int(PAGE[place]) + 1) % 10) + PAGE[place + 1 :]
        assert found(changed), PAGE[place - 40 : place + 10]


def test_a_changed_digit_is_named_with_its_sentence() -> None:
    (difference,) = found(PAGE.replace("That is 25% (20%", "That is 25% (21%", 1))
    assert difference[0] == "odd-one/sentence 2"
    assert difference.changes == [("(21%", "(20%")]


def test_a_changed_table_is_named_with_its_row() -> None:
    (difference,) = found(PAGE.replace('class="n">12<', 'class="n">13<', 1))
    assert difference[0] == "odd-one/row 1"


def test_a_changed_download_is_named() -> None:
    link = LINKS.findall(PAGE)[0]
    (difference,) = found(PAGE.replace(link, link.replace("3400", "3401"), 1))
    assert difference[0] == "odd-one/csv"


@pytest.mark.parametrize(
    "addition",
    ["<p>Sales rose by 12%.</p>", '<p><span data-said="new/sentence 1">Sales rose.</span></p>'],
)
def test_a_sentence_of_somebody_else_is_named(addition: str) -> None:
    (difference,) = found(PAGE.replace("</main>", f"{addition}</main>"))
    assert difference[1].startswith("Sales rose")
    assert difference[2] == ""


def test_a_sentence_that_was_cut_out_is_named() -> None:
    cut = re.sub(r"<li>\s*<span data-said=.other-one/caveat 1.*?</li>", "", PAGE)
    (difference,) = found(cut)
    assert difference[0] == "other-one/caveat 1"
    assert difference[1] == ""


def test_a_sentence_said_twice_differently_is_named() -> None:
    again = '<span data-said="odd-one/sentence 2">That is 26%.</span>'
    assert found(PAGE.replace("</main>", f"{again}</main>"))[0][0] == "odd-one/sentence 2"


def test_line_breaks_do_not_matter() -> None:
    assert not found(PAGE.replace("That is ", "That\n   is "))


@pytest.mark.parametrize(
    "html",
    ["", "<p>12%</p>", '<script id="marquee-report">no</script><p data-said="a">1</p>', "\x00<<"],
)
def test_another_page_is_refused(html: str) -> None:
    with pytest.raises(SourceError, match="no page that"):
        read_page(html)
