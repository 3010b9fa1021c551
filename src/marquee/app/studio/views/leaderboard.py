"""How good the models are: recommenders beside one another, and forecasts beside what happened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from marquee.app.amounts import dollars
from marquee.app.leaderboard.page import called
from marquee.app.studio import boards, opened
from marquee.app.studio.frame import PageOf, as_table, chart, sentence, table
from marquee.evaluation.forecasting.track_record import PROMISES, TrackRecord
from marquee.evaluation.metrics import LOWER_IS_BETTER
from marquee.lifecycle.comparisons import kept_comparisons
from marquee.lifecycle.runs import Run, runs

FIRST = "ndcg@10"
"""What is shown first where it was measured."""


def draw() -> None:
    """Recommenders first, then forecasts."""
    st.header("Recommenders")
    _recommenders()
    st.header("Forecasts, honestly")
    _forecasts()


def _recommenders() -> None:
    boards_of: dict[str, Any] = {}
    for each in kept_comparisons(opened.workspace()):
        boards_of.setdefault(_name(each), each)  # of one name the newest, which comes first
    for run in runs(opened.workspace()):
        key = f"Runs on {run.split['name']} of data {run.data['fingerprint'][:8]}"
        boards_of.setdefault(key, []).append(run)
    if not boards_of:
        st.info(
            "No models were compared here yet. `marquee compare --data workspace` measures many "
            "side by side, and `marquee train` measures one as it makes a run."
        )
        return
    chosen = st.selectbox("Measured together", list(boards_of), key="board", bind="query-params")
    told = boards_of[str(chosen)]
    if isinstance(told, list):
        _board(_of_runs(told))
        return
    rows = {row["name"]: row["metrics"] for row in told["models"]}
    metric = _board(rows)
    _apart(told, metric)
    split = told["splits"][0]
    st.caption(
        sentence(
            f"{split['n_users_ranked']:,} viewers with something to find; {told.get('interval')}; "
            f"{told.get('clock_meaning', '')}"
        )
    )
    if told.get("interrupted"):
        st.warning("The comparison was interrupted; the same command goes on from there.")


def _name(told: Mapping[str, Any]) -> str:
    names = ", ".join(row["name"] for row in told["models"][:3])
    return (
        f"{told['data']}, {told['split']}, {str(told['made_at'])[:16].replace('T', ' ')}: {names} …"
    )


def _of_runs(found: list[Run]) -> dict[str, dict[str, Any]]:
    """Figures of the runs as a comparison has them."""
    rows: dict[str, dict[str, Any]] = {}
    for run in found:
        rows[run.id] = {}
        for name, value in run.metrics.items():
            low, high = run.intervals.get(name, [None, None])
            rows[run.id][name] = {"value": value, "low": low, "high": high}
    return rows


def _board(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The models by the metric that is chosen, which is returned."""
    metrics = list(dict.fromkeys(name for own in rows.values() for name in own))
    metric = st.selectbox(
        "By",
        metrics,
        index=metrics.index(FIRST) if FIRST in metrics else 0,
        format_func=called,
        key="metric",
        bind="query-params",
    )
    lower = metric.partition("@")[0].removesuffix("_user_averaged") in LOWER_IS_BETTER
    found = boards.figures_of(rows, metric)
    if not found:
        st.info("None of these models has this figure; choose another one.")
        return metric
    st.write(f"The {'lower' if lower else 'higher'} the better; bars are 95 % intervals.")
    chart(boards.figures(found, called(metric), lower_is_better=lower), "models")
    return metric


def _apart(told: Mapping[str, Any], metric: str) -> None:
    """How sure it is that a model differs from the one that all are held against."""
    rows = []
    for row in told["models"]:
        apart = row["differences"].get(metric)
        if apart is not None:
            rows.append(
                {
                    "model": row["name"],
                    "differs by": f"{apart['value']:+.4f}",
                    "95 %": f"{apart['low']:+.4f} to {apart['high']:+.4f}",
                    "p, corrected": f"{apart['p_holm']:.2g}",
                }
            )
    if rows:
        st.subheader(f"Against {told['against']}")
        table(rows)


def _forecasts() -> None:
    desk = opened.desk()
    target = st.radio(
        "What was forecast",
        list(desk.models),
        index=list(desk.models).index("revenue"),
        horizontal=True,
        key="target",
        bind="query-params",
    )
    target = str(target or "revenue")
    st.write(
        "The model learns anew from the films before each of the latest years and is asked about "
        "those of that year, so that each film is one it has not seen."
    )
    if not st.toggle(
        "Ask it about each year; the first time takes from seconds to minutes",
        key="backtest",
        bind="query-params",
    ):
        st.info("`marquee forecast backtest` prints the same for other models and years.")
        return
    slot = st.empty()

    def measuring(done: int, n: int, label: str) -> None:
        slot.progress(done / n, f"Learning anew to be asked: {label}, part {done + 1} of {n}.")

    record, n_readings = opened.track_record(target, measuring)
    slot.empty()
    _held(record)
    st.subheader("How far off, year by year")
    whole = record.all_years
    st.write(
        f"{_off(record, whole['error']).capitalize()} over {whole['n']:,} films; "
        f"{_off(record, whole['baseline_error'])} by {record.baseline}, which takes no model."
    )
    chart(boards.by_year(record), "errors")
    st.subheader("The worst misses")
    _worst(record)
    if n_readings > 1:
        st.caption(
            f"Outcomes of these films have been looked at {n_readings} times: what was chosen "
            "after a look is flattered by it."
        )


def _held(record: TrackRecord) -> None:
    st.subheader("Do the intervals hold what they promise?")
    whole = record.all_years
    for promise, column in zip(PROMISES, st.columns(len(PROMISES)), strict=True):
        column.metric(f"Promised {promise} %", f"{whole[f'held_{promise}']:.0%}", border=True)
        column.caption(
            f"95 % interval {whole[f'held_{promise}_low']:.0%} to "
            f"{whole[f'held_{promise}_high']:.0%}."
        )
    chart(boards.held(record, 80), "coverage")


def _off(record: TrackRecord, error: float) -> str:
    if record.scale == "raw":
        return f"off by {error:.2f} on average"
    return f"typically off by a factor of {math.exp(error):.2f}"


def _worst(record: TrackRecord) -> None:
    titles = opened.tables().titles
    names = dict(zip(titles["title_id"], titles["name"], strict=True))
    worst = boards.misses(record, names)
    write = dollars if record.target == "revenue" else "{:.2f}".format
    table(
        [
            {
                "film": f"{row['film']} ({row['released'].year})",
                "said": write(row["median"]),
                "8 of 10": f"{write(row['low_80'])} to {write(row['high_80'])}",
                "happened": write(row["outcome"]),
                "off by": f"×{math.exp(-row['error']):.2g}"
                if record.scale != "raw"
                else f"{-row['error']:+.2f}",
            }
            for row in worst.to_dicts()
        ]
    )
    as_table(worst, "worst-misses")


PAGE = PageOf(
    "leaderboard",
    "Leaderboard",
    "How good the models are: recommenders by what they were measured on, with intervals, and "
    "forecasts beside what happened, the worst misses among them.",
    draw,
)
