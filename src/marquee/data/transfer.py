"""One file over HTTP into a partial file, whatever the connection does.

The partial file grows beside a note of which version of the file its bytes belong to. A later try
asks for the rest of that version (``Range`` with ``If-Range``, RFC 9110 sections 13.1.5 and 14.2)
and begins anew where the server has another one, or does not know ranges.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar

import httpx

from marquee.data.workspace import replace_text
from marquee.errors import DownloadError, GivenUpError

Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)

WORTH_BYTES = 1 << 20
"""A try that got this much further does not count against the tries allowed in a row."""
LONGEST_WAIT_S = 600.0
"""A server that asks for more patience than this is an error to report, not to sit out."""


class TransientError(Exception):
    """A failure that the next try may not meet; ``wait_s`` is what the server asked for."""

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s


def transfer(
    url: str,
    partial: Path,
    *,
    client: httpx.Client,
    on_bytes: Callable[[int, int | None], None],
    tries: int,
    sleep: Callable[[float], None],
) -> None:
    """Makes the partial file hold the whole of what lies at the address.

    ``on_bytes`` gets the bytes there are and those there will be, None where the server does not
    say. The bytes are complete by the server's own account, not yet checked.

    Raises
    ------
    DownloadError
        If the file is not to be had, or ``tries`` in a row failed.
    """
    best = _size(partial)
    failures = 0
    while True:
        try:
            _attempt(url, partial, client, on_bytes)
            return
        except TransientError as error:
            size = _size(partial)
            failures = 1 if size >= best + WORTH_BYTES else failures + 1
            best = max(best, size)
            wait(url, error, failures, tries, sleep)


def fetch_text(
    url: str, *, client: httpx.Client, tries: int, sleep: Callable[[float], None]
) -> str | None:
    """The small text at the address, None if there is nothing there.

    Raises
    ------
    DownloadError
        If the server refuses, or ``tries`` in a row failed.
    """
    failures = 0
    while True:
        try:
            with _response(client, url, {}) as response:
                return None if response.status_code == 404 else response.read().decode("latin-1")
        except TransientError as error:
            failures += 1
            wait(url, error, failures, tries, sleep)


def wait(
    url: str, error: TransientError, failures: int, tries: int, sleep: Callable[[float], None]
) -> None:
    """Sleeps as long as the server asks, else twice as long after each failure in a row.

    Raises
    ------
    GivenUpError
        If there were as many failures as tries are allowed.
    DownloadError
        If the server asks for more patience than is had.
    """
    if failures >= tries:
        raise GivenUpError(
            f"{url} did not come through in {tries} tries, at last because {error}; run the "
            "command again later, it goes on where it stopped"
        ) from error
    wait_s = 2.0 ** (failures - 1) if error.wait_s is None else error.wait_s
    if wait_s > LONGEST_WAIT_S:
        raise DownloadError(
            f"{url} is not served now: the publisher asks to wait {wait_s:.0f} s; run the command "
            "again after that"
        ) from error
    logger.info("%s: %s; next try in %g s", url, error, wait_s)
    sleep(wait_s)


def note_of(partial: Path) -> Path:
    """Where it is noted which version the bytes of the partial file belong to."""
    return partial.with_name(f".{partial.name}.json")


def discard(partial: Path) -> None:
    """Removes the partial file and its note."""
    partial.unlink(missing_ok=True)
    note_of(partial).unlink(missing_ok=True)


def _attempt(
    url: str, partial: Path, client: httpx.Client, on_bytes: Callable[[int, int | None], None]
) -> None:
    have = _size(partial)
    version, total = _noted(partial, url)
    if have and have == total:
        return
    # Without a version to name, the rest of the file could be the rest of another file.
    headers = {"Range": f"bytes={have}-", "If-Range": version} if have and version else {}
    with _response(client, url, headers) as response:
        if response.status_code == 404:
            raise DownloadError(f"{url} is not there (404); the publisher may have moved it")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise DownloadError(
                f"{url} answers with a web page in place of the file; open it in a browser to see "
                "what the publisher wants"
            )
        if response.status_code == 200:
            have, total = 0, _number(response.headers.get("Content-Length"))
            # Emptied before the note changes: at no instant do bytes stand beside a foreign note.
            partial.write_bytes(b"")
            version = _version(response.headers)
            replace_text(
                note_of(partial), json.dumps({"url": url, "version": version, "total": total})
            )
        elif not headers or not _continues(response.headers, have, total, version):
            discard(partial)
            raise TransientError("the server sent another part of the file than asked for")
        with partial.open("ab", buffering=0) as stream:
            on_bytes(have, total)
            for chunk in response.iter_raw():
                stream.write(chunk)
                have += len(chunk)
                on_bytes(have, total)
    if total is not None and have > total:
        discard(partial)
        raise TransientError(f"{have} bytes came where {total} were announced")
    if total is not None and have < total:
        raise TransientError(f"only {have} of {total} bytes came")


@contextmanager
def _response(client: httpx.Client, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """The answer with status 200, 206, 404 or 416; any other status, and any failure, raises."""
    # Identity: the length and the ranges are to be those of the file, not of a compressed copy.
    headers = {"Accept-Encoding": "identity", **headers}
    try:
        with client.stream("GET", url, headers=headers, follow_redirects=True) as response:
            status = response.status_code
            if status in (408, 425, 429) or status >= 500:
                reason = f"the server answered {status} {response.reason_phrase}".strip()
                raise TransientError(reason, retry_after(response.headers))
            if status not in (200, 206, 404, 416):
                raise DownloadError(
                    f"{url} is refused by the publisher ({status} {response.reason_phrase}); open "
                    "it in a browser to see why"
                )
            yield response
    except httpx.TransportError as error:
        what = str(error) or "no answer in time"
        raise TransientError(f"the connection failed ({type(error).__name__}: {what})") from error
    except httpx.HTTPError as error:
        raise DownloadError(f"{url} cannot be fetched: {error}; check the address") from error


def _continues(headers: httpx.Headers, have: int, total: int | None, version: str | None) -> bool:
    """Whether a partial answer begins where our bytes end and is of the same version."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
    if found is None or int(found[1]) != have:
        return False
    if found[2] != "*" and total is not None and int(found[2]) != total:
        return False
    return _version(headers) in (None, version)


def _version(headers: httpx.Headers) -> str | None:
    """What names this version of the file; a weak ETag may not stand in ``If-Range``."""
    etag: str = headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    modified: str | None = headers.get("Last-Modified")
    return modified


def _noted(partial: Path, url: str) -> tuple[str | None, int | None]:
    """Version and length of the file whose first bytes the partial file holds."""
    try:
        note = json.loads(note_of(partial).read_text(encoding="utf-8"))
        return (note["version"], note["total"]) if note["url"] == url else (None, None)
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds the server asks to wait; a date is taken against the server's own clock."""
    asked = headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        until, now = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
