"""The newest reading of ``marquee monitor``, for Prometheus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from marquee.errors import MarqueeError

if TYPE_CHECKING:
    from marquee.lifecycle.monitoring.records import Reading

log = logging.getLogger(__name__)

OF_FEATURE = {
    "distance": "Distance of the week from the year before, 0 alike, 1 nothing in common.",
    "psi": "Population stability index of the week.",
    "psi_by_chance": "What the index stays within in 95 of 100 draws of as many viewers.",
    "p": "Chance of the distance, corrected for all features of the week by Holm.",
    "level": "What has come together; from 1 on it is an alarm.",
    "alarm": "1 where the week is an alarm.",
}
OF_ACCURACY = {
    "value": "The model that answers on ratings that it has not learned from.",
    "low": "Lower end of the 95 % interval.",
    "high": "Upper end of the 95 % interval.",
    "viewers": "Viewers that it was measured on.",
    "promised_low": "Lower end of the interval of the model's run.",
    "promised_high": "Upper end of the interval of the model's run.",
    "alarm": "1 where it is worse than promised.",
}
OF_LISTS = {
    "n_lists": ("lists_shown", "Lists shown in the week."),
    "coverage": ("lists_coverage", "Share of the catalog in any of them."),
    "head_share": ("lists_head_share", "Share of places that the most popular tenth took."),
    "overlap": ("lists_overlap", "Share of a list that another one holds too."),
    "n_picks": ("picks", "Picks judged in the week."),
    "n_good": ("picks_good", "Picks judged good in the week."),
    "n_thumbs": ("thumbs", "Lists with a thumb in the week."),
    "n_thumbs_up": ("thumbs_up", "Lists with a thumb up in the week."),
}


class Weekly(Collector):
    """What the newest reading says, read from its file when somebody asks."""

    def __init__(self, newest: Callable[[], Reading | None]) -> None:
        self._newest = newest

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: no file is read before the first scrape."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gauges of the newest week; none where no week was read.

        A damaged reading is told in the log: the other metrics must not fail with it, and a rule
        alarms where no reading comes.
        """
        try:
            reading = self._newest()
        except MarqueeError as error:
            log.warning("the last reading is not told: %s", error)
            return
        if reading is None:
            return
        yield from _week(reading)
        yield from _drift(reading)
        yield from _accuracy(reading)
        yield from _lists(reading)


def _week(reading: Reading) -> Iterator[GaugeMetricFamily]:
    ends = datetime.fromisoformat(reading.week).replace(tzinfo=UTC) + timedelta(days=7)
    plain = {
        "end_seconds": ("End of the week that was read last, Unix seconds.", ends.timestamp()),
        "ratings": ("Ratings given in it.", reading.n_ratings),
        "viewers": ("Viewers who rated or judged in it.", reading.n_viewers),
        "silent": ("1 where nothing arrived though much did before.", float(reading.silent)),
        "alarms": ("Alarms of the week.", len(reading.alarms)),
    }
    for name, (meaning, value) in plain.items():
        yield GaugeMetricFamily(f"marquee_week_{name}", meaning, value=value)


def _drift(reading: Reading) -> Iterator[GaugeMetricFamily]:
    for name, meaning in OF_FEATURE.items():
        family = GaugeMetricFamily(f"marquee_drift_{name}", meaning, labels=["feature"])
        for each in reading.drift:
            value = each.p_holm if name == "p" else getattr(each, name)
            if value is not None:
                family.add_metric([each.feature], float(value))
        yield family


def _accuracy(reading: Reading) -> Iterator[GaugeMetricFamily]:
    for name, meaning in OF_ACCURACY.items():
        family = GaugeMetricFamily(f"marquee_accuracy_{name}", meaning, labels=["metric"])
        for each in reading.accuracy:
            low, high = each.promised or (None, None)
            told = {"viewers": each.n_viewers, "promised_low": low, "promised_high": high}
            value = told[name] if name in told else getattr(each, name)
            if value is not None:
                family.add_metric([each.metric], float(value))
        yield family


def _lists(reading: Reading) -> Iterator[GaugeMetricFamily]:
    for field, (name, meaning) in OF_LISTS.items():
        value = None if reading.lists is None else getattr(reading.lists, field)
        if value is not None:
            yield GaugeMetricFamily(f"marquee_week_{name}", meaning, value=value)
