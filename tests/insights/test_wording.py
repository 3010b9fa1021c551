"""Words for comparisons."""

from __future__ import annotations

import polars as pl
import pytest

from marquee.errors import ParameterError
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, said
from marquee.insights.wording import NAMED, compared, farthest

TABLE = pl.DataFrame(
    {
        "who": ["á", "b", "c", "d", "e", "f"],
        "times": [9.0, 5.0, 4.0, 3.0, 1.1, 0.2],
        "from": [8.0, 4.0, 3.0, 2.0, 0.9, 0.1],
        "to": [10.0, 6.0, 5.0, 4.0, 1.3, 0.4],
        "films": [20, 30, 40, 50, 60, 70],
        "differs": ["more", "more", "more", "more", "no", "less"],
    }
)


def test_a_difference_is_worded_only_where_its_interval_leaves_out_zero() -> None:
    words = ("more", "less", "neither")
    assert compared(Number(2, 1, 3), *words) == "more"
    assert compared(Number(-2, -3, -1), *words) == "less"
    assert compared(Number(1, 0, 2), *words) == "neither"
    with pytest.raises(ParameterError, match="needs an interval"):
        compared(Number(2), *words)


def test_the_farthest_of_a_side_come_first_with_their_intervals() -> None:
    named: dict[str, Number | str] = {}
    told = farthest(TABLE, "more", "times", named, form="“{}”")
    assert len(told) == NAMED
    text = said(", ".join(told), **named).text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith("“á” (9.00 times, 8.00 to 10.00), “b” (5.00 times, 4.00 to 6.00)")
    assert named["more_2_value"] == Number(4.0, 3.0, 5.0, "times", 2, 40)
    last = farthest(TABLE, "more", "times", {}, last=True)
    assert said(last[0], more_0="d", more_0_value=Number(3, 2, 4)).text.startswith("d (3")
    assert farthest(TABLE, "fewer", "times", named) == []
    assert len(farthest(TABLE, "less", "times", named, last=True)) == 1


def test_sides_say_no_where_nothing_differs() -> None:
    found = compare([3.0, -3.0, 0.1, float("nan")], [0.1, 0.1, 0.1, 0.1])
    assert found.sides() == ["more", "less", "no", "no"]
    assert found.sides("up", "down")[:2] == ["up", "down"]
    part = found.part(1, 3)
    assert part.sides() == ["less", "no"]
    assert part.number(0).value == -3
