"""A viewer's arm is a hash: the same everywhere, spread evenly, new for each experiment."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from marquee.errors import ParameterError
from marquee.evaluation.online.assignment import arm_of, arms_of, fraction

HALVES = (0.5, 0.5)
MANY = range(20_000)


def test_the_number_is_that_of_the_hash_worked_out_by_hand() -> None:
    key = hashlib.blake2b(b"salt", digest_size=32).digest()
    bits = f"{int(hashlib.blake2b(b'42', digest_size=8, key=key).hexdigest(), 16):064b}"
    by_hand = sum(int(bit) * 2.0 ** -(place + 1) for place, bit in enumerate(bits[:53]))
    assert fraction("42", "salt") == by_hand


def test_another_process_finds_the_same_arms() -> None:
    code = (
        "from marquee.evaluation.online.assignment import arms_of;"
        "print(''.join(map(str, arms_of(range(99), 'one', (0.2, 0.3, 0.5)))))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert out.strip() == "".join(map(str, arms_of(range(99), "one", (0.2, 0.3, 0.5))))


def test_an_arm_does_not_depend_on_who_else_is_asked_about() -> None:
    together = arms_of(MANY, "one", HALVES)
    assert [arm_of(viewer, "one", HALVES) for viewer in range(50)] == together[:50].tolist()
    assert arm_of(2**53, "one", HALVES) in (0, 1)


@pytest.mark.parametrize("shares", [HALVES, (0.9, 0.1), (0.2, 0.3, 0.5)])
@pytest.mark.parametrize("salt", ["one", "two", "ein längeres Salz" * 20])
def test_arms_have_their_shares(shares: tuple[float, ...], salt: str) -> None:
    counts = np.bincount(arms_of(MANY, salt, shares), minlength=len(shares))
    assert stats.chisquare(counts, np.array(shares) * len(MANY)).pvalue > 1e-4


def test_numbers_are_spread_evenly() -> None:
    drawn = [fraction(str(viewer), "one") for viewer in MANY]
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4


def test_experiments_do_not_know_of_each_other() -> None:
    for one, other in (("a", "b"), ("experiment-1", "experiment-2")):
        table = np.zeros((2, 2))
        np.add.at(table, (arms_of(MANY, one, HALVES), arms_of(MANY, other, HALVES)), 1)
        assert stats.chi2_contingency(table).pvalue > 1e-4


def test_growing_an_arm_takes_nobody_out_of_it() -> None:
    few, more = arms_of(MANY, "one", (0.9, 0.1)), arms_of(MANY, "one", (0.5, 0.5))
    assert (more[few == 1] == 1).all()


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 0.4), (0.0, 1.0), (1.5, -0.5), (), (np.nan, 1)])
def test_shares_that_are_none_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ParameterError, match="shares must be"):
        arms_of([1], "one", shares)
