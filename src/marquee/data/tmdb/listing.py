"""Numbers of titles out of lists whose pages shift while they are read.

A title that is added in front pushes another one from the end of a page onto the next, where it
comes a second time; one that is taken out lets another slip from the next page onto one already
read, where it is missed. So a list counts as whole when one reading found as many different titles
as the list says to have, all along, or when another reading found nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from marquee.data.tmdb.asking import Asker
from marquee.errors import DownloadError

MOST_PAGES = 500
"""TMDB serves no page after this one."""
MOST_READINGS = 4
CHANGE_DAYS = 14
"""Longest span of days that TMDB tells changes of in one list."""


@dataclass(frozen=True)
class Listed:
    """Numbers of titles, ascending."""

    ids: tuple[int, ...]
    whole: bool
    """Whether nothing can be missing."""


def listed(asker: Asker, path: str, **params: str | int) -> Listed:
    """The numbers in a list, whichever way its pages shift.

    Raises
    ------
    DownloadError
        If TMDB has no such list, or does not answer.
    """
    found: set[int] = set()
    for reading in range(MOST_READINGS):
        before = len(found)
        ids, whole, cut = _reading(asker, path, params)
        found |= ids
        nothing_new = reading > 0 and len(found) == before
        if cut or whole or nothing_new:
            return Listed(tuple(sorted(found)), not cut)
    return Listed(tuple(sorted(found)), False)


def listed_by_day(
    asker: Asker,
    path: str,
    since: date,
    until: date,
    names: tuple[str, str],
    **params: str | int,
) -> Listed:
    """As :func:`listed`, of the days from one to the other, both included.

    ``names`` are those of the parameters for the first and the last day. Where there are more pages
    than TMDB serves, each half of the days is a list of its own.
    """
    days: dict[str, str | int] = {names[0]: since.isoformat(), names[1]: until.isoformat()}
    found = listed(asker, path, **params, **days)
    if found.whole or since >= until:
        return found
    middle = since + (until - since) // 2
    halves = [
        listed_by_day(asker, path, first, last, names, **params)
        for first, last in ((since, middle), (middle + timedelta(days=1), until))
    ]
    ids = {number for half in (found, *halves) for number in half.ids}
    return Listed(tuple(sorted(ids)), all(half.whole for half in halves))


def spans(since: date, until: date, days: int) -> list[tuple[date, date]]:
    """The days from one to the other in spans of at most so many, each with its first and last."""
    found = []
    while since <= until:
        last = min(since + timedelta(days=days - 1), until)
        found.append((since, last))
        since = last + timedelta(days=1)
    return found


def _reading(asker: Asker, path: str, params: dict[str, str | int]) -> tuple[set[int], bool, bool]:
    """What one reading found, whether the pages held still, and whether there are too many."""
    found: set[int] = set()
    totals: set[int | None] = set()
    page = 1
    while True:
        answer = asker.ask(path, "results", page=page, **params)
        if answer is None:
            raise DownloadError(f"TMDB has no list {path}; is that the address of its API?")
        results = answer["results"] if isinstance(answer["results"], list) else []
        found |= {number for result in results if (number := number_of(result)) is not None}
        totals.add(_count(answer.get("total_results")))
        n_pages = _count(answer.get("total_pages"))
        if n_pages is not None and n_pages > MOST_PAGES:
            return found, False, True
        if not results or page >= MOST_PAGES or (n_pages is not None and page >= n_pages):
            return found, totals == {len(found)}, False
        page += 1


def number_of(result: object) -> int | None:
    """The number of a title in an object of TMDB's, None where it has none."""
    number = result.get("id") if isinstance(result, dict) else None
    usable = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 1 << 53
    return number if usable else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
