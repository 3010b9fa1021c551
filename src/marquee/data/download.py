"""Publishers' files on disk, whole and checked, or not there at all."""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from marquee.data.publishers import Published, Remote
from marquee.data.transfer import discard, fetch_text, transfer
from marquee.data.workspace import sync
from marquee.errors import DownloadError

logger = logging.getLogger(__name__)

OnProgress = Callable[[str, int, int | None], None]
"""Takes the file's name, the bytes there are and the bytes there will be, None if unknown."""


def download(
    published: Published,
    folder: Path,
    *,
    client: httpx.Client,
    on_progress: OnProgress | None = None,
    tries: int = 5,
    sleep: Callable[[float], None],
) -> Path:
    """The path to read: the file itself where the data set is a single one, else the folder.

    A file under its final name is complete and checked, so it is not asked for again. What an
    interrupted call left behind (``NAME.partial``) is gone on with. Failures that may pass are
    tried again ``tries`` times in a row, with ``sleep`` between.

    Raises
    ------
    DownloadError
        If a file cannot be had whole, or another process is fetching it.
    """
    for remote in published.files:
        try:
            _fetch(remote, folder, client, on_progress, tries, sleep)
        except OSError as error:
            raise DownloadError(
                f"{remote.url} cannot be written to {folder} ({error.strerror or error}); make "
                "room or choose another folder and run the command again"
            ) from error
    return folder / published.files[0].name if len(published.files) == 1 else folder


def is_complete(published: Published, folder: Path) -> bool:
    """Whether every file of the data set lies in the folder, whole."""
    return all((folder / remote.name).exists() for remote in published.files)


def _fetch(
    remote: Remote,
    folder: Path,
    client: httpx.Client,
    on_progress: OnProgress | None,
    tries: int,
    sleep: Callable[[float], None],
) -> None:
    target = folder / remote.name
    if target.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / f".{remote.name}.lock"
    try:
        with FileLock(lock, blocking=False):
            if not target.exists():
                _fetch_locked(remote, target, client, on_progress, tries, sleep)
            # Whoever comes after this finds the file complete, so nobody needs the lock again.
            lock.unlink(missing_ok=True)
    except Timeout as error:
        raise DownloadError(
            f"{remote.url} is being fetched into {folder} by another process; wait until it ends"
        ) from error


def _fetch_locked(
    remote: Remote,
    target: Path,
    client: httpx.Client,
    on_progress: OnProgress | None,
    tries: int,
    sleep: Callable[[float], None],
) -> None:
    def on_bytes(done: int, total: int | None) -> None:
        if on_progress is not None:
            on_progress(remote.name, done, total)

    md5 = _published_md5(remote, client, tries, sleep)
    partial = target.with_name(f"{target.name}.partial")
    # A second time, because the first may have gone on with bytes that were damaged on disk.
    for is_last in (False, True):
        transfer(remote.url, partial, client=client, on_bytes=on_bytes, tries=tries, sleep=sleep)
        damage = _damage(partial, target.name, md5)
        if damage is None:
            break
        discard(partial)
        if is_last:
            raise DownloadError(
                f"{remote.url} came twice and is not what it should be: {damage}; open the address "
                "in a browser, or try again on another day or network"
            )
        logger.warning("%s: %s; fetching it anew", remote.url, damage)
    _place(partial, target)


def _published_md5(
    remote: Remote, client: httpx.Client, tries: int, sleep: Callable[[float], None]
) -> str | None:
    """The sum that the publisher gives, in lower case; None where it gives none."""
    if remote.md5_url is None:
        return None
    text = fetch_text(remote.md5_url, client=client, tries=tries, sleep=sleep)
    found = re.search(r"\b[0-9a-f]{32}\b", (text or "").lower())
    return found[0] if found else None


def _damage(path: Path, name: str, md5: str | None) -> str | None:
    """What is wrong with the fetched file, None if nothing is."""
    with path.open("rb") as stream:
        start = stream.read(64).lstrip().lower()
        if start.startswith((b"<!doctype html", b"<html")):
            return "it is a web page"
        stream.seek(0)
        if md5 is not None:
            got = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
            if got.hexdigest() != md5:
                return f"its MD5 sum is {got.hexdigest()}, the publisher says {md5}"
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                bad = archive.testzip()
            return None if bad is None else f"{bad} in the archive is damaged"
        if name.endswith(".gz"):
            with gzip.open(path) as stream:
                while stream.read(1 << 20):
                    pass
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError) as error:
        return f"the archive is cut short or damaged ({error})"
    return None


def _place(partial: Path, target: Path) -> None:
    """Gives the file its final name, once its bytes are on disk."""
    sync(partial)
    partial.replace(target)
    sync(target.parent)
    discard(partial)
