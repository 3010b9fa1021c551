"""Copies of folders elsewhere: on disk, or in any store that fsspec opens, such as ``s3://``.

::

    URL/objects/SHA256      a file by what it holds, which is written once and never changed
    URL/NAME.json           the files of a folder with their sizes and hashes; written last

A copy is there when its list is: a push that is killed leaves nothing that could be taken for a
copy, and the next one goes on where it stopped. A pull checks every byte before the folder gets its
name. Whatever may pass, such as a slow store, a status 500 or a cut connection, is tried again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from marquee.data.workspace import sync
from marquee.errors import ParameterError, RemoteError

log = logging.getLogger(__name__)

FORMAT = 1
TRIES = 6
FIRST_WAIT_SECONDS = 0.2
"""Before the second try; each further wait is twice as long."""

PASSING = frozenset({"aiobotocore", "aiohttp", "botocore", "fsspec", "s3fs"})
"""Packages whose own errors, beside those of the system, may pass."""

_NAME = re.compile(r"[0-9a-z][0-9a-z/-]{0,199}")

Answer = TypeVar("Answer")
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Copied:
    """What a push or pull did."""

    name: str
    n_files: int
    n_bytes: int
    n_sent: int
    """Files that went over the line; the others were there already."""


class Store:
    """A place elsewhere that holds copies of folders.

    Raises
    ------
    ParameterError
        If nothing here opens such a URL.
    """

    def __init__(
        self,
        url: str,
        *,
        options: Mapping[str, Any] | None = None,
        tries: int = TRIES,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._tries, self._sleep = tries, sleep
        try:
            import fsspec

            self._fs, root = fsspec.core.url_to_fs(self.url, **(options or {}))
        except (ImportError, ValueError) as error:
            raise ParameterError(
                f"{url} cannot be opened ({error}); for s3:// run: pip install 'marquee[s3]'"
            ) from error
        self._root = str(root).rstrip("/")
        protocol = self._fs.protocol
        self._on_disk = "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def push(self, folder: Path, name: str, *, without: tuple[str, ...] = (".lock",)) -> Copied:
        """Copies the folder there, in place of the copy of that name.

        Files called as in ``without`` are left out.

        Raises
        ------
        RemoteError
            If the store does not take it whole.
        """
        _check(name)
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files: dict[str, dict[str, Any]] = {}
        n_sent = 0
        for path in paths:
            if path.name in without:
                continue
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = path.stat().st_size
            files[path.relative_to(folder).as_posix()] = {"sha256": digest, "bytes": size}
            target = f"{self._root}/objects/{digest}"
            if self._size(target) != size:
                self._insist(f"write {path.name}", partial(self._put, path, target))
                if self._size(target) != size:
                    raise RemoteError(f"{self.url} has not kept all of {path.name}; push again")
                n_sent += 1
        listed = json.dumps({"format": FORMAT, "files": files}, indent=1).encode()
        self._insist(f"write the list of {name}", partial(self._write, f"{name}.json", listed))
        total = sum(int(each["bytes"]) for each in files.values())
        return Copied(name, len(files), total, n_sent)

    def pull(self, name: str, folder: Path) -> Copied:
        """Copies what is there under that name into a new folder, every byte checked.

        Raises
        ------
        RemoteError
            If there is no such copy, or it is not what was pushed.
        ParameterError
            If the folder exists.
        """
        if folder.exists():
            raise ParameterError(f"{folder} exists already; nothing was copied over it")
        half = folder.with_name(f".{folder.name}.pulling")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        try:
            copied = self.pull_into(name, half)
            sync(half)
            half.replace(folder)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        sync(folder.parent)
        return copied

    def pull_into(self, name: str, folder: Path) -> Copied:
        """As :meth:`pull`, into a folder that the caller puts in force or throws away."""
        files = self._listed(name)
        total = 0
        for path, each in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            source = f"{self._root}/objects/{each['sha256']}"
            self._insist(f"read {path}", partial(self._get, source, target, each["sha256"]))
            total += target.stat().st_size
        return Copied(name, len(files), total, len(files))

    def put(self, path: Path, name: str) -> None:
        """Copies one file there under a name of its own, in place of what is there.

        Raises
        ------
        RemoteError
            If the store does not take it whole.
        """
        target = f"{self._root}/{name}"
        self._insist(f"write {name}", partial(self._put, path, target))
        if self._size(target) != path.stat().st_size:
            raise RemoteError(f"{self.url} has not kept all of {name}; write it again")

    def read(self, name: str) -> bytes:
        """What a file there holds.

        Raises
        ------
        RemoteError
            If there is none, or the store does not give it.
        """
        try:
            path = f"{self._root}/{name}"
            content: bytes = self._insist(f"read {name}", lambda: self._fs.cat_file(path))
        except FileNotFoundError as error:
            raise RemoteError(f"{self.url} holds no file {name}") from error
        return content

    def _listed(self, name: str) -> dict[str, dict[str, Any]]:
        _check(name)
        path = f"{self._root}/{name}.json"
        try:
            content = self._insist(f"read the list of {name}", lambda: self._fs.cat_file(path))
        except FileNotFoundError as error:
            raise RemoteError(f"{self.url} holds no copy {name}") from error
        try:
            given = json.loads(content)
            files: dict[str, dict[str, Any]] = given["files"]
            right = given["format"] == FORMAT and all(
                re.fullmatch("[0-9a-f]{64}", each["sha256"]) and _stays_within(path)
                for path, each in files.items()
            )
        except (ValueError, TypeError, KeyError) as error:
            raise RemoteError(f"{self.url}/{name}.json is no list of a copy ({error!r})") from error
        if not right:
            raise RemoteError(f"{self.url}/{name}.json is no list of a copy")
        return files

    def _size(self, path: str) -> int | None:
        """Bytes of the file there; None where there is none."""

        def asked() -> int | None:
            self._fs.invalidate_cache()
            try:
                return int(self._fs.info(path)["size"])
            except FileNotFoundError:
                return None

        return self._insist(f"look for {PurePosixPath(path).name}", asked)

    def _put(self, source: Path, target: str) -> None:
        if not self._on_disk:  # a store of objects shows one when it has all of it
            self._fs.put_file(str(source), target)
            return
        half = _beside(target)
        shutil.copyfile(source, half)
        sync(half)
        half.replace(target)

    def _replace(self, path: str, content: bytes) -> None:
        if not self._on_disk:
            self._fs.pipe_file(path, content)
            return
        half = _beside(path)
        half.write_bytes(content)
        sync(half)
        half.replace(path)

    def _write(self, name: str, content: bytes) -> None:
        """Writes a small file so that it is absent or complete, and reads it again."""
        path = f"{self._root}/{name}"
        self._replace(path, content)
        self._fs.invalidate_cache()
        if self._fs.cat_file(path) != content:
            raise OSError(f"{name} is not what was written")

    def _get(self, source: str, target: Path, digest: str) -> None:
        self._fs.get_file(source, str(target))
        with target.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != digest:
            # The line may have lost some; if the store has, trying again will say so.
            raise OSError(f"what arrived of {target.name} is not what was pushed")
        sync(target)

    def _insist(self, what: str, act: Callable[[], Answer]) -> Answer:
        """What ``act`` comes to, tried again after errors that may pass."""
        wait = FIRST_WAIT_SECONDS
        for left in reversed(range(self._tries)):
            try:
                return act()
            except FileNotFoundError:
                raise
            except Exception as error:
                if not _may_pass(error):
                    raise
                if not left:
                    raise RemoteError(f"{self.url} does not let us {what}: {error}") from error
                log.info("trying again to %s: %s", what, error)
                self._sleep(wait)
                wait *= 2
        raise AssertionError("there is at least one try")


def _beside(target: str) -> Path:
    """Where a file is written before it gets its name."""
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.partial")


def _may_pass(error: Exception) -> bool:
    owners = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, OSError | TimeoutError | EOFError) or bool(owners & PASSING)


def _check(name: str) -> None:
    if not _NAME.fullmatch(name) or ".." in name:
        raise ParameterError(f"{name[:60]!r} is no name of a copy")


def _stays_within(path: str) -> bool:
    parts = PurePosixPath(path).parts
    odd = "\\" in path or ":" in path or path.startswith("/")
    return bool(parts) and not odd and ".." not in parts
