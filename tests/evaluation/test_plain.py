"""Reports become values that JSON knows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marquee.evaluation.plain import plain
from marquee.forecast.pipelines import Ridge
from marquee.models.popularity import Popularity


@dataclass
class Line:
    """A record whose ``params`` are values, as those of results are."""

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    figures: tuple[float, ...] = ()


def test_records_arrays_and_what_is_not_finite_become_plain() -> None:
    told = plain(
        {
            3: Line("é", {"depth": np.int64(4)}, (1.5, float("nan"), float("-inf"))),
            "scores": np.array([[1, 2]], dtype=np.int32),
            "none": None,
            "kind": Line,
        }
    )
    assert json.loads(json.dumps(told, allow_nan=False)) == {
        "3": {"name": "é", "params": {"depth": 4}, "figures": [1.5, None, None]},
        "scores": [[1, 2]],
        "none": None,
        "kind": repr(Line),
    }


def test_models_of_both_kinds_are_told_by_name_and_parameters() -> None:
    told = plain([Ridge(l2=3.0), Popularity()])
    assert [each["model"] for each in told] == ["Ridge", "Popularity"]
    assert told[0]["params"]["l2"] == 3.0
    json.dumps(told, allow_nan=False)
