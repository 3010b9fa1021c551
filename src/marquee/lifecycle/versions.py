"""Versions of a folder's content, of which one is in force.

::

    FOLDER/CURRENT            the version in force and the SHA-256 of its manifest
    FOLDER/version-000002/    complete before CURRENT names it, never changed afterwards

A version comes into force when ``CURRENT`` is replaced, which is one atomic rename: a kill at any
instant leaves the old one or the new one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from marquee.data.workspace import replace_text, sync
from marquee.errors import MarqueeError, SavedModelError
from marquee.lifecycle.manifest import damaged

KEPT_VERSIONS = 2
"""How many versions stay on disk, so that a reader that opened the last one can finish."""


def put_in_force(folder: Path, write: Callable[[Path], str]) -> None:
    """Lets ``write`` fill a new version and puts it in force; the old one stays until then.

    ``write`` gets a path that does not exist, makes the folder, syncs it, and returns the SHA-256
    of its manifest.

    Raises
    ------
    SavedModelError
        If the folder is being written by another process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        version = folder / _next_version(folder)
        shutil.rmtree(version, ignore_errors=True)
        try:
            digest = write(version)
        except MarqueeError:
            shutil.rmtree(version, ignore_errors=True)
            raise
        sync(folder)
        replace_text(folder / "CURRENT", f"{version.name} {digest}\n")
        for old in sorted(folder.glob("version-*"))[:-KEPT_VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)


def in_force(folder: Path) -> tuple[Path, str]:
    """Folder of the version in force and the SHA-256 of its manifest.

    Raises
    ------
    SavedModelError
        If there is none, or the pointer is damaged.
    """
    pointer = folder / "CURRENT"
    if not pointer.is_file():
        raise SavedModelError(f"{folder} holds no saved model; fit one and save it there")
    match = re.fullmatch(rb"(version-\d{6}) ([0-9a-f]{64})\n", pointer.read_bytes())
    if match is None:
        raise damaged(pointer)
    return folder / match[1].decode(), match[2].decode()


def _next_version(folder: Path) -> str:
    """A name after that of the version in force, or after every version if that is unknown."""
    try:
        last = in_force(folder)[0].name
    except SavedModelError:
        last = max((path.name for path in folder.glob("version-*")), default="version-000000")
    return f"version-{int(last.removeprefix('version-')) + 1:06d}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / ".lock", timeout=5):
            yield
    except Timeout as error:
        raise SavedModelError(
            f"{folder} is being written by another process; try again when it is done"
        ) from error
