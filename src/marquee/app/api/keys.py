"""API keys: who may call, and what for. Only hashes are kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from marquee.app.api.private import write_private
from marquee.errors import ParameterError, WorkspaceError

SCOPES = {
    "read": "ask for titles, recommendations, and what viewers said",
    "feedback": "make viewers, change their settings, write and undo feedback",
    "admin": "everything, exports and erasures included",
}
"""What a key may be for. ``feedback`` includes ``read``, and ``admin`` both."""

INCLUDED = {
    "read": frozenset({"read"}),
    "feedback": frozenset({"read", "feedback"}),
    "admin": frozenset(SCOPES),
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FORMAT = 1
KEY_FILE = "keys.json"
"""Name of the file in the workspace."""


@dataclass(frozen=True)
class Key:
    """A key as it is kept: the token itself is nowhere."""

    name: str
    scope: str
    sha256: str
    """Of the token, which is 256 random bits: no salt or slow hash is needed."""
    created_at: str

    @property
    def scopes(self) -> frozenset[str]:
        """All that the key may be used for."""
        return INCLUDED[self.scope]


class KeyFile:
    """The keys of a workspace, in a file that is read again whenever it changed.

    A key that is revoked stops working at the next request, without a restart.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[object, tuple[Key, ...]] = (None, ())

    def listed(self) -> tuple[Key, ...]:
        """All keys, the oldest first.

        Raises
        ------
        WorkspaceError
            If the file is damaged.
        """
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return ()
        stamp = (state.st_mtime_ns, state.st_ino, state.st_size)
        if self._read[0] != stamp:
            self._read = (stamp, self._parsed())
        return self._read[1]

    def add(self, name: str, scope: str, at: datetime) -> str:
        """The token of a new key: it is told this once.

        Raises
        ------
        ParameterError
            If the name is taken or unfit, or there is no such scope.
        """
        if not _NAME.fullmatch(name):
            raise ParameterError(
                "a key's name is 1 to 64 letters, digits, dots, dashes and underscores, "
                f"got {name[:80]!r}"
            )
        if scope not in SCOPES:
            raise ParameterError(f"there is no scope {scope!r}; there are {', '.join(SCOPES)}")
        token = f"mq_{secrets.token_urlsafe(32)}"
        with self._changing():
            keys = self.listed()
            if any(key.name == name for key in keys):
                raise ParameterError(f"there is a key {name!r} already; revoke it first")
            self._write([*keys, Key(name, scope, _hash(token), at.isoformat(timespec="seconds"))])
        return token

    def revoke(self, name: str) -> None:
        """Takes the key away.

        Raises
        ------
        ParameterError
            If there is no such key.
        """
        with self._changing():
            keys = self.listed()
            left = [key for key in keys if key.name != name]
            if len(left) == len(keys):
                names = ", ".join(key.name for key in keys) or "none"
                raise ParameterError(f"there is no key {name!r}; there are {names}")
            self._write(left)

    def holder(self, token: str) -> Key | None:
        """The key with that token; None where there is none."""
        digest = _hash(token)
        found = None
        for key in self.listed():  # all of them are compared: the time tells nothing
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def _changing(self) -> FileLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=5)

    def _write(self, keys: Sequence[Key]) -> None:
        content = {"format": FORMAT, "keys": [asdict(key) for key in keys]}
        write_private(self.path, json.dumps(content, indent=2).encode())

    def _parsed(self) -> tuple[Key, ...]:
        try:
            content = json.loads(self.path.read_bytes())
            keys = tuple(Key(**key) for key in content["keys"])
            fits = content["format"] == FORMAT and all(
                key.scope in SCOPES and re.fullmatch("[0-9a-f]{64}", key.sha256) for key in keys
            )
        except (ValueError, TypeError, KeyError) as error:
            raise WorkspaceError(_DAMAGED.format(self.path)) from error
        if not fits:
            raise WorkspaceError(_DAMAGED.format(self.path))
        return keys


_DAMAGED = "{} is no file of API keys; move it away and make new ones with `marquee keys add`"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
