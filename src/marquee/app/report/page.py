"""A report as one page of HTML that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from marquee import __version__
from marquee.app.report.cells import csv_link, numeric, rows
from marquee.app.report.theme import DARK, LIGHT
from marquee.insights.base import Finding
from marquee.insights.intervals import COVERAGE
from marquee.insights.multiple import FALSE_DISCOVERY_RATE
from marquee.insights.report import DataNote, Report

NAMES = {"availability": "offers of services"}
"""What rows of a table are called where its name does not say it."""


def page(report: Report, drawings: Mapping[str, str], made: Mapping[str, object]) -> str:
    """The report as HTML.

    ``drawings`` are ``<svg>`` elements by the key of their finding; a finding without one has its
    table alone. ``made`` says how it was made, and is kept in the page for who checks it.
    """
    return (
        templates("marquee.app.report")
        .get_template("report.html")
        .render(
            report=report,
            drawings=drawings,
            made=made,
            version=made.get("marquee", __version__),
            coverage=round(100 * COVERAGE),
            rate=round(100 * FALSE_DISCOVERY_RATE),
            style=_style(),
            facts=facts(report.data),
            counted=lambda finding: counted(finding, report.data),
            rows=rows,
            numeric=numeric,
            csv_link=csv_link,
        )
    )


def facts(data: DataNote) -> str:
    """How much the data hold, and up to when."""
    held = ", ".join(f"{n:,} {NAMES.get(name, name)}" for name, n in data.counts.items())
    through = f", up to {data.through.isoformat()}" if data.through is not None else ""
    snapshot = f", snapshot {data.snapshot}" if data.snapshot is not None else ""
    return f"{held}{through}{snapshot}"


def counted(finding: Finding, data: DataNote) -> str:
    """What a finding rests on: rows, data set and date."""
    through = f", up to {data.through.isoformat()}" if data.through is not None else ""
    return f"{finding.n:,} {finding.counted} of {data.name}{through}"


@cache
def templates(package: str) -> Environment:
    """The templates of a page that stands alone, in that package."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    def named(colors: Mapping[str, str]) -> str:
        return "  " + " ".join(f"--chart-{name}: {value};" for name, value in colors.items())

    return (
        templates("marquee.app.report")
        .get_template("report.css")
        .render(light=named(LIGHT), dark=named(DARK))
    )
