"""Two runs side by side, viewer by viewer."""

from __future__ import annotations

from dataclasses import dataclass

from marquee.data.workspace import Workspace
from marquee.errors import ParameterError
from marquee.lifecycle.intervals import Interval, mean_interval
from marquee.lifecycle.runs import read_run, values_of


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of two runs; both are means over viewers."""

    metric: str
    first: float
    second: float
    change: Interval
    """Of the first less the second, on the same viewers."""


def compare_runs(workspace: Workspace, first: str, second: str) -> list[Row]:
    """Each figure that both runs have, with the paired difference.

    Raises
    ------
    ParameterError
        If there is no such run, or they were measured on different ratings.
    """
    runs = [read_run(workspace, name) for name in (first, second)]
    if runs[0].split["fingerprint"] != runs[1].split["fingerprint"]:
        told = [
            f"{run.id} on {run.split['name']} of data {run.data['fingerprint'][:12]}"
            for run in runs
        ]
        raise ParameterError(
            f"only what was measured on the same ratings can be compared; {' and '.join(told)} "
            "were not: train one of them again"
        )
    values = [values_of(workspace, run.id) for run in runs]
    rows = []
    for metric in values[0].columns:
        if metric in values[1].columns:
            one, other = (each[metric].to_numpy() for each in values)
            means = [mean_interval(each).mean for each in (one, other)]
            rows.append(
                Row(
                    metric=metric,
                    first=means[0],
                    second=means[1],
                    change=mean_interval(one - other),
                )
            )
    return rows
