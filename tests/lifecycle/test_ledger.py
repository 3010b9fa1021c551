"""The ledger keeps what it acknowledged, and shows whatever was changed since."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from marquee.errors import LedgerError
from marquee.lifecycle.ledger import append, entries, verify

AT = "2026-11-30T12:00:00+00:00"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Five entries with ugly words."""
    path = tmp_path / "ledger.jsonl"
    for number, film in enumerate(["Zażółć", "A\nB", "名前", '"', "Ω \u2028"], start=1):
        assert append(path, {"film": film, "usd": 1e7 / number}, at=AT).number == number
    return path


def test_what_was_said_comes_back_in_order(ledger: Path) -> None:
    found = list(entries(ledger))
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5]
    assert [entry.said["film"] for entry in found] == ["Zażółć", "A\nB", "名前", '"', "Ω \u2028"]
    assert verify(ledger) == []
    assert verify(ledger, head=found[2].hash) == []


def test_the_same_words_are_one_entry_whatever_their_order(ledger: Path) -> None:
    first = next(entries(ledger))
    again = append(ledger, {"usd": 1e7, "film": "Zażółć"}, at="2027-01-01T00:00:00+00:00")
    assert again == first
    assert len(list(entries(ledger))) == 5


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def signed_anew(rows: list[dict[str, Any]], place: int) -> None:
    """Gives the line the hash that it would have had."""
    from marquee.lifecycle.ledger import _hash

    unsigned = {name: value for name, value in rows[place].items() if name != "hash"}
    rows[place]["hash"] = _hash(unsigned)


def edit(rows: list[dict[str, Any]]) -> None:
    rows[2]["said"]["usd"] += 1


def edit_and_sign(rows: list[dict[str, Any]]) -> None:
    edit(rows)
    signed_anew(rows, 2)


def change_the_day(rows: list[dict[str, Any]]) -> None:
    rows[0]["at"] = "2020-01-01T00:00:00+00:00"


def take_out(rows: list[dict[str, Any]]) -> None:
    del rows[1]


def take_out_the_first(rows: list[dict[str, Any]]) -> None:
    del rows[0]


def put_in(rows: list[dict[str, Any]]) -> None:
    rows.insert(3, {**rows[3], "said": {"film": "new"}})
    signed_anew(rows, 3)


def swap(rows: list[dict[str, Any]]) -> None:
    rows[1], rows[2] = rows[2], rows[1]


@pytest.mark.parametrize(
    ("tamper", "line", "words"),
    [
        (edit, 3, "entry 3 was edited"),
        (edit_and_sign, 4, "chained to another entry 3, which was edited"),
        (change_the_day, 1, "entry 1 was edited"),
        (take_out, 2, "entry 3 stands where entry 2 belongs"),
        (take_out_the_first, 1, "entry 2 stands where entry 1 belongs"),
        (put_in, 5, "entry 4 stands where entry 5 belongs"),
        (swap, 2, "entry 3 stands where entry 2 belongs"),
    ],
)
def test_a_change_is_named_and_nothing_is_chained_to_it(
    ledger: Path, tamper: Callable[[list[dict[str, Any]]], None], line: int, words: str
) -> None:
    rows = lines(ledger)
    tamper(rows)
    write(ledger, rows)
    first = verify(ledger)[0]
    assert first.line == line
    assert words in first.what
    with pytest.raises(LedgerError, match="ledger verify"):
        append(ledger, {"film": "next"}, at=AT)
    assert lines(ledger) == rows


def test_one_edit_is_one_fault(ledger: Path) -> None:
    rows = lines(ledger)
    edit(rows)
    write(ledger, rows)
    assert len(verify(ledger)) == 1


def test_a_ledger_cut_short_or_written_anew_lacks_the_hash_that_was_kept(ledger: Path) -> None:
    *_, last = entries(ledger)
    write(ledger, lines(ledger)[:-1])
    assert verify(ledger) == []
    [fault] = verify(ledger, head=last.hash)
    assert last.hash in fault.what


def test_a_line_that_is_none_is_told(ledger: Path) -> None:
    with ledger.open("a", encoding="utf-8") as stream:
        stream.write('{"number": 6}\nnonsense\n[]\n')
    assert [fault.line for fault in verify(ledger)] == [6, 7, 8]


def test_half_a_last_line_was_never_acknowledged_and_gives_way(ledger: Path) -> None:
    with ledger.open("a", encoding="utf-8") as stream:
        stream.write('{"number": 6, "at": "2026')
    assert verify(ledger) == []
    assert append(ledger, {"film": "next"}, at=AT).number == 6
    assert verify(ledger) == []
    assert len(list(entries(ledger))) == 6


def test_no_ledger_has_no_entries_and_no_faults(tmp_path: Path) -> None:
    assert list(entries(tmp_path / "none.jsonl")) == []
    assert verify(tmp_path / "none.jsonl") == []


WRITER = """
import sys
from pathlib import Path
from marquee.lifecycle.ledger import append
for place in range(10_000):
    made = append(Path(sys.argv[1]), {"film": f"{sys.argv[2]}-{place}"}, at="2026-11-30")
    print(made.hash, flush=True)
"""


@pytest.mark.slow
@pytest.mark.fault
def test_what_was_acknowledged_outlives_a_kill_of_two_writers(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    told: list[str] = []
    with ExitStack() as running:
        writers = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WRITER, str(path), name],
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in ("one", "two")
        ]
        for _ in range(20):
            for writer in writers:
                assert writer.stdout is not None
                told.append(writer.stdout.readline().strip())
        for writer in writers:
            writer.kill()
            assert writer.stdout is not None
            told += [line.strip() for line in writer.stdout if line.endswith("\n")]
    assert verify(path) == []
    kept = {entry.hash for entry in entries(path)}
    assert set(told) <= kept
    append(path, {"film": "after"}, at=AT)
    assert verify(path) == []
