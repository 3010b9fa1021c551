"""The forecasts that were given, and what became of the films."""

from __future__ import annotations

import math

import streamlit as st

from marquee.app.amounts import dollars, percent
from marquee.app.studio import boards, opened
from marquee.app.studio.frame import PageOf, as_table, chart, sentence, table
from marquee.lifecycle.ledger import Entry, entries, verify
from marquee.service.track_record import TrackRecord, ledger_path, track_record

N_SHOWN = 20
"""Forecasts at most that are listed, the last ones."""


def draw() -> None:
    """Whether the ledger holds, how its forecasts did, and the last of them."""
    path = ledger_path(opened.workspace())
    tables = opened.tables()
    faults = verify(path)
    if faults:
        st.error(
            "The ledger was changed after it was written, so nothing is counted from it. "
            + " ".join(
                sentence(f"Line {each.line}: {each.what}" if each.line else each.what)
                for each in faults[:10]
            )
        )
        return
    given = list(entries(path))
    if not given:
        st.info(
            "No forecast was given yet. The page Forecast enters each one that has a title, and so "
            "does `marquee forecast title`; a film counts here once it is out and its box office "
            "is known."
        )
        return
    _record(track_record(given, tables, today=opened.today()))
    st.header("The last that were given")
    _given(given[-N_SHOWN:][::-1])
    st.caption(
        f"All {len(given):,} entries hold: each carries the hash of the one before, so none can be "
        f"changed, taken out or put between unseen. Keep the last hash elsewhere: {given[-1].hash}"
    )


def _record(found: TrackRecord) -> None:
    columns = st.columns(4)
    for column, (name, n) in zip(
        columns,
        (
            ("Given", found.n_given),
            ("Out and known", len(found.scored)),
            ("Waited for", found.n_waiting),
            ("Do not count", found.n_superseded + found.n_after_release),
        ),
        strict=True,
    ):
        column.metric(name, f"{n:,}", border=True)
    st.caption(
        f"{found.n_superseded:,} were followed by a later one before the release and "
        f"{found.n_after_release:,} were of films that were out already: neither counts."
    )
    if not found.scored:
        st.info("None of these films is out with a known box office yet.")
        return
    st.header("Did the intervals hold?")
    for each, column in zip(found.held, st.columns(len(found.held)), strict=True):
        column.metric(f"Promised {percent(each.nominal)}", percent(each.share), border=True)
        column.caption(
            f"Of {each.n:,} films; 95 % interval {percent(each.low)} to {percent(each.high)}."
        )
    if found.log_rmse is not None:
        st.write(_off(found))
    st.write("A bar holds 8 of 10 such films; its stroke is the median, the dot what one took.")
    chart(boards.kept_forecasts(found.scored), "forecasts")


def _off(found: TrackRecord) -> str:
    told = f"The median was off by a factor of {math.exp(found.log_rmse or 0.0):.2f}, typically"
    if found.log_rmse_beside_naive is None or found.naive_log_rmse is None:
        return f"{told}; comparables alone said nothing of these films."
    return (
        f"{told}. Where comparables alone said something too it was "
        f"{math.exp(found.log_rmse_beside_naive):.2f} against their "
        f"{math.exp(found.naive_log_rmse):.2f}."
    )


def _given(shown: list[Entry]) -> None:
    rows = []
    for entry in shown:
        money = entry.said["revenue_usd"]
        rows.append(
            {
                "entry": f"{entry.number:,}",
                "given": entry.at[:10],
                "film": str(entry.said["film"]),
                "opens": str(entry.said["opens"] or entry.said["year"] or ""),
                "median": dollars(money["median"]),
                "8 of 10": f"{dollars(money['low_80'])} to {dollars(money['high_80'])}",
                "model": str(entry.said["model_version"])[:12],
            }
        )
    table(rows)
    as_table(rows, "given")


PAGE = PageOf(
    "track-record",
    "Track record",
    "Every forecast that was given, in a ledger that shows whether it was changed, and how those "
    "of films that are out by now have done, beside comparables alone.",
    draw,
)
