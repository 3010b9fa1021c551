from __future__ import annotations

import pytest

from insights_kit import rated
from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.audience.rating_distribution import INSIGHT

UGLY = rated([(1, 1, 5), (1, 2, 5), (1, 3, 0.5), (2, 1, 3), (3, 2, 3), (3, 3, 4.5)])


def test_the_figures_are_those_of_the_ratings() -> None:
    found = INSIGHT.ask(UGLY)
    assert found.table.rows() == [
        (0.5, 1, 1 / 6), (3.0, 2, 2 / 6), (4.5, 1, 1 / 6), (5.0, 2, 2 / 6),
    ]  # fmt: skip
    assert found.n == 6
    numbers = found.sentences[0].numbers | found.sentences[1].numbers
    assert numbers["mean"].value == pytest.approx(21 / 6)
    assert numbers["top"].value == 5  # of two steps given equally often the higher one
    assert numbers["median"].value == 3.75


def test_without_ratings_the_reason_is_said() -> None:
    with pytest.raises(UnanswerableError, match="no ratings"):
        INSIGHT.ask(Tables())
