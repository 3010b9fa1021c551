"""Small files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock

from marquee.data.workspace import sync

SECRET_BYTES = 32


def write_private(path: Path, content: bytes) -> None:
    """Replaces the file in one atomic step; nobody else can read it at any moment."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    sync(path.parent)


def read_secret(path: Path) -> bytes:
    """The secret in the file, 32 bytes; one is made where there is none.

    It signs cookies and cursors, so that they outlive a restart and hold in every process that
    serves the same workspace.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        if not path.exists() or path.stat().st_size != SECRET_BYTES:
            write_private(path, secrets.token_bytes(SECRET_BYTES))
        return path.read_bytes()
