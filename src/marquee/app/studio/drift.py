"""The weeks that `marquee monitor` read: what drifted, how accurate, how content."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from marquee.app.studio import opened
from marquee.app.studio.drawing import Drawn, layered, named
from marquee.app.studio.frame import chart, listed, sentence, table
from marquee.lifecycle.monitoring.observing import FEATURES
from marquee.lifecycle.monitoring.records import Drift, Reading, readings

N_WEEKS = 52


def draw() -> None:
    """The newest week in figures, and the levels of a year."""
    read = readings(opened.workspace(), N_WEEKS)
    if not read:
        st.info(
            "No week was read yet; `marquee monitor` reads those that are over, and is made for "
            "cron: its status is 1 where there is an alarm."
        )
        return
    now = read[-1]
    st.write(
        f"The newest is the week of {now.week}: {now.n_ratings:,} ratings of {now.n_viewers:,} "
        f"viewers, beside {now.n_viewers_before:,} viewers of {now.n_weeks_before} weeks before it."
    )
    if now.alarms:
        st.warning("Alarm:" + listed(now.alarms))
    else:
        st.success("No alarm in the newest week.")
    earlier = [each for each in read[:-1] if each.alarms]
    if earlier:
        with st.expander(f"Weeks with an alarm before it: {len(earlier)}"):
            table([{"week": each.week, "alarm": "; ".join(each.alarms)} for each in earlier[::-1]])
    if now.drift:
        # Narrow enough for a phone: what is scrolled inside a page is lost to a keyboard.
        table([_row(each) for each in now.drift])
        with st.expander("What moved"):
            st.markdown(listed([_told(each) for each in now.drift if each.moved]))
        st.caption(
            "Distance: Kolmogorov-Smirnov of numbers, total variation of names; 0 is alike. PSI is "
            "the population stability index; what chance alone keeps it within in 95 of 100 draws "
            "of so many viewers stands under What moved. p is that of the distance, viewers drawn "
            "whole, corrected by Holm. A level of 1 is an alarm; of these at most one in 200 quiet "
            "weeks is false."
        )
        chart(levels(read), "levels")
    _accuracy(now)
    for each in now.latency:
        st.write(
            f"Of {each.n:,} lists from `{each.route}`, half took at most {each.p50_ms:.1f} ms, 95 "
            f"of 100 at most {each.p95_ms:.1f} ms, 99 of 100 at most {each.p99_ms:.1f} ms."
        )
    for note in now.notes:
        st.caption(sentence(note))


def levels(read: Sequence[Reading]) -> Drawn:
    """The level of each feature week by week, as dots that grow; alarms stand out."""
    rows = [
        {
            "week": reading.week,
            "feature": each.feature,
            "level": round(min(each.level, 1.0), 4),
            "alarm": each.alarm,
            "moved": each.moved,
        }
        for reading in read
        for each in reading.drift
    ]
    x = {"field": "week", "type": "temporal", "axis": {"title": None, "format": "%Y-%m"}}
    y = named("feature")
    size = {
        "field": "level",
        "type": "quantitative",
        # The root of a root: what is worth a look lies between a thousandth and 1.
        "scale": {"type": "pow", "exponent": 0.25, "domain": [0, 1], "range": [4, 200]},
        "legend": None,
    }
    told = [
        {"field": "week", "type": "temporal", "format": "%Y-%m-%d"},
        *({"field": name} for name in ("feature", "level", "moved")),
    ]
    layers = [
        {
            "transform": [{"filter": f"{test}datum.alarm"}],
            "mark": {"type": "point", "filled": True, "style": style},
            "encoding": {"x": x, "y": y, "size": size, "tooltip": told},
        }
        for test, style in (("!", "quiet"), ("", "main"))
    ]
    alarms = [f"{row['feature']} in the week of {row['week']}" for row in rows if row["alarm"]]
    alt = (
        f"Level of {len({row['feature'] for row in rows})} features in {len(read)} weeks, as dots "
        f"that grow with it; alarms: {', '.join(alarms) or 'none'}."
    )
    return Drawn(layered(rows, layers), alt, rows)


def _row(each: Drift) -> dict[str, str]:
    return {
        "feature": each.feature.replace("_", " "),
        "distance": _number(each.distance),
        "PSI": _number(each.psi),
        "p": _number(each.p_holm),
        "level": f"{each.level:.3f}",
    }


def _told(each: Drift) -> str:
    """A sentence with what the table has no room for."""
    is_of = f" ({FEATURES[each.feature].words})" if each.feature in FEATURES else ""
    chance = "" if each.psi_by_chance is None else f"; PSI by chance {each.psi_by_chance:.3f}"
    return (
        f"{each.feature.replace('_', ' ')}{is_of}: {each.moved}, {each.n_viewers:,} viewers{chance}"
    )


def _accuracy(now: Reading) -> None:
    if not now.accuracy:
        return
    table(
        [
            {
                "on new ratings": each.metric,
                "value": f"{each.value:.4f} ({each.low:.4f} to {each.high:.4f})",
                "viewers": f"{each.n_viewers:,}",
                "promised": ""
                if each.promised is None
                else "{:.4f} to {:.4f}".format(*each.promised),
            }
            for each in now.accuracy
        ]
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
