"""Whether a page still says what the data say: every marked text against one made anew."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from marquee.errors import SourceError

_SVG = re.compile(r"<figure>\s*(<svg .*?</svg>)", re.DOTALL)
VOID = {"br", "img", "meta", "link", "hr", "input", "source", "wbr"}
UNSEEN = {"style", "script", "svg", "title"}


@dataclass
class Told:
    """The texts of a page: those that stand for data by their place, and all others in order."""

    made: dict[str, Any] = field(default_factory=dict)
    """How the page was made."""
    texts: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


class Difference(tuple[str, str, str]):
    """A place, what the page says there, and what the data say; empty where one is silent."""

    __slots__ = ()

    def __new__(cls, place: str, page: str, data: str) -> Difference:
        """The three texts as one."""
        return super().__new__(cls, (place, page, data))

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The words that differ: as the page has them, and as the data do."""
        _, page, data = self
        one, other = page.split(), data.split()
        return [
            (" ".join(one[a:b]), " ".join(other[c:d]))
            for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, False).get_opcodes()
            if tag != "equal"
        ]


def read_page(html: str) -> Told:
    """What a report's page tells.

    Raises
    ------
    SourceError
        If it is no report of ours.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = reader.told
    if not found.made or not found.texts:
        raise SourceError(
            "this is no page that `marquee insights report` made: it does not say how it was made"
        )
    return found


def pictures(html: str) -> list[str]:
    """The drawings of a page in their order, as they are written."""
    return _SVG.findall(html)


def differences(page: Told, anew: Told) -> list[Difference]:
    """Where the page says something else than the one made anew, in the order of the latter."""
    found = []
    for place, texts in anew.texts.items():
        said = page.texts.get(place, [])
        expected = " ".join(texts)
        if said != texts:
            found.append(Difference(place, " ".join(said), expected))
    for place, texts in page.texts.items():
        if place not in anew.texts:
            found.append(Difference(place, " ".join(texts), ""))
    matcher = difflib.SequenceMatcher(None, page.others, anew.others, False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            page_text, anew_text = " ".join(page.others[a:b]), " ".join(anew.others[c:d])
            found.append(Difference("elsewhere", page_text, anew_text))
    return found


class _Reader(HTMLParser):
    """Gathers the text of each element with ``data-said``, and the text outside of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told = Told()
        self._open: list[tuple[str, str | None, list[str]]] = []
        self._made: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        place = given.get("data-said")
        if tag == "svg" and given.get("aria-label"):
            self.told.others.append(_plain(str(given["aria-label"])))
        href = given.get("href") or ""
        if place is not None and href.startswith("data:"):
            self.told.texts.setdefault(place, []).append(href)
            place = None
        if tag not in VOID:
            self._open.append((tag if given.get("id") != "marquee-report" else "made", place, []))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, place, words = self._open.pop()
            if opened == "made":
                self.told.made = _read_made("".join(words))
            elif place is not None:
                self.told.texts.setdefault(place, []).append(_plain(" ".join(words)))
            if opened == tag or (opened == "made" and tag == "script"):
                return

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "made":
            self._open[-1][2].append(data)
            return
        if not data.strip() or any(tag in UNSEEN for tag, *_ in self._open):
            return
        for _, place, words in reversed(self._open):
            if place is not None:
                words.append(data)
                return
        self.told.others.append(_plain(data))


def _read_made(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(text: str) -> str:
    """The text with every gap one blank."""
    return " ".join(text.split())
