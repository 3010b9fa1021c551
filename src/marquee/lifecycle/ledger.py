"""A ledger: what was said, when, in a chain of hashes that shows whether it was changed since.

::

    {"number": 1, "at": "2026-11-30T…", "said": {…}, "previous": "", "hash": "5f2c…"}

One JSON object per line. The hash is the SHA-256 of the line without it, and each line holds that
of the line before, so that nothing can be changed, taken out or put between without a trace. Who
writes the whole file anew can make another whole chain: keep the last hash elsewhere, and it must
be found in every later state of the ledger.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from marquee.data.workspace import sync
from marquee.errors import LedgerError

FIELDS = ("number", "at", "said", "previous", "hash")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the ledger."""

    number: int
    """From 1, without gaps."""
    at: str
    """When it was said, ISO 8601 with the time zone."""
    said: Mapping[str, Any]
    """What was said, as plain values."""
    previous: str
    """The hash of the entry before; empty for the first."""
    hash: str


class Fault(NamedTuple):
    """Something that does not hold."""

    line: int
    """Line of the file, 1 first; 0 where no line can be named."""
    what: str


def append(path: Path, said: Mapping[str, Any], *, at: str) -> Entry:
    """The new last entry; once this returns it is on disk.

    What was said before in the same words is not said again: its entry is returned, whenever it
    was made. A last line that a crash cut short was never acknowledged, and is taken out.

    Raises
    ------
    LedgerError
        If the last entry does not hold: nothing is chained to it then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        _take_out_torn(path)
        last: Entry | None = None
        for last in entries(path):
            if _canonical(last.said) == _canonical(said):
                return last
        number, previous = (1, "") if last is None else (last.number + 1, last.hash)
        line: dict[str, Any] = {
            "number": number,
            "at": at,
            "said": dict(said),
            "previous": previous,
        }
        entry = Entry(**line, hash=_hash(line))
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(dataclasses.asdict(entry), ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        sync(path.parent)
    return entry


def entries(path: Path) -> Iterator[Entry]:
    """The entries, the oldest first; none where there is no ledger.

    Raises
    ------
    LedgerError
        If a line is no entry, or does not hold; :func:`verify` tells of all that do not.
    """
    previous: Entry | None = None
    for line, text in enumerate(_lines(path), start=1):
        entry, fault = _read(text, previous)
        if entry is None or fault:
            raise LedgerError(f"{path}, line {line}: {fault}; see `marquee ledger verify`")
        yield entry
        previous = entry


def verify(path: Path, head: str | None = None) -> list[Fault]:
    """Everything in the ledger that does not hold; empty for one that was only ever added to.

    Parameters
    ----------
    head
        A hash that was the last one at some time; an entry must have it.
    """
    faults: list[Fault] = []
    previous: Entry | None = None
    hashes = set()
    for line, text in enumerate(_lines(path), start=1):
        entry, fault = _read(text, previous)
        if fault:
            faults.append(Fault(line, fault))
        if entry is not None:
            hashes.add(entry.hash)
            previous = entry
    if head is not None and head not in hashes:
        faults.append(
            Fault(0, f"no entry has the hash {head}: entries were taken out, or all written anew")
        )
    return faults


def _read(text: str, previous: Entry | None) -> tuple[Entry | None, str]:
    """The entry of a line where it is one, and what does not hold of it."""
    try:
        values = json.loads(text)
        entry = Entry(**values)
    except (ValueError, TypeError):
        return None, "the line is no entry"
    if tuple(values) != FIELDS or not isinstance(values["said"], dict):
        return None, "the line is no entry"
    unsigned = {name: values[name] for name in FIELDS[:-1]}
    if _hash(unsigned) != entry.hash:
        return entry, f"entry {entry.number} was edited after it was made"
    number, chained = (1, "") if previous is None else (previous.number + 1, previous.hash)
    if entry.number != number:
        return entry, (
            f"entry {entry.number} stands where entry {number} belongs: entries were taken out, "
            "put in or moved"
        )
    if entry.previous != chained:
        return entry, (
            f"entry {entry.number} was chained to another entry {number - 1}, which was edited "
            "since and signed anew"
        )
    return entry, ""


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    # A line without its end was cut short by a crash; nobody was told of it.
    return [line for line in text.split("\n")[:-1] if line]


def _take_out_torn(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as stream:
            stream.truncate(content.rfind(b"\n") + 1)
            stream.flush()
            os.fsync(stream.fileno())


def _canonical(value: object) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def _hash(unsigned: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(unsigned).encode()).hexdigest()
