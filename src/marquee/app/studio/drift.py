"""The weeks that `marquee monitor` read: what drifted, how accurate, how content."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from marquee.app.studio import opened
from marquee.app.studio.charts import Drawn, layered, named
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
        table([_row(each) for each in now.drift])
        st.caption(
            "Distance: Kolmogorov-Smirnov of numbers, total variation of names; 0 is alike. PSI is "
            "the population stability index, beside what chance alone makes of so many viewers in "
            "95 of 100 draws. p is that of the distance, viewers drawn whole, corrected by Holm. "
            "A level of 1 is an alarm; of these at most one in 200 quiet weeks is false."
        )
        chart(levels(read), "levels")
    _accuracy(now)
    if now.latency:
        table(
            [
                {
                    "lists from": each.route,
                    "requests": f"{each.n:,}",
                    "half within": f"{each.p50_ms:.1f} ms",
                    "95 of 100": f"{each.p95_ms:.1f} ms",
                    "99 of 100": f"{each.p99_ms:.1f} ms",
                }
                for each in now.latency
            ]
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
        "feature": each.feature,
        "is": FEATURES[each.feature].words if each.feature in FEATURES else "",
        "viewers": f"{each.n_viewers:,}",
        "distance": _number(each.distance),
        "PSI": _number(each.psi),
        "by chance": _number(each.psi_by_chance),
        "p": _number(each.p_holm),
        "level": f"{each.level:.3f}",
        "alarm": "yes" if each.alarm else "",
        "moved": each.moved,
    }


def _accuracy(now: Reading) -> None:
    if not now.accuracy:
        return
    table(
        [
            {
                "on new ratings": each.metric,
                "value": f"{each.value:.4f}",
                "95 % interval": f"{each.low:.4f} to {each.high:.4f}",
                "viewers": f"{each.n_viewers:,}",
                "promised": ""
                if each.promised is None
                else "{:.4f} to {:.4f}".format(*each.promised),
                "alarm": "yes" if each.alarm else "",
            }
            for each in now.accuracy
        ]
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
