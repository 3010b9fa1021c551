"""A report for machines, as one JSON document."""

from __future__ import annotations

from typing import Any

from marquee import __version__
from marquee.insights.base import Finding
from marquee.insights.charts import plain_rows
from marquee.insights.report import Report
from marquee.insights.sentences import plain


def report_document(report: Report) -> dict[str, Any]:
    """The report with every number of its sentences, its tables, and its charts' specifications."""
    data = report.data
    return {
        "marquee": __version__,
        "made_on": report.made_on.isoformat(),
        "seed": report.seed,
        "data": {
            "name": data.name,
            "through": data.through.isoformat() if data.through is not None else None,
            "snapshot": data.snapshot,
            "counts": data.counts,
            "notes": list(data.notes),
        },
        "summary": [finding.key for finding in report.summary],
        "findings": [finding_document(finding) for finding in report.findings],
        "unanswered": [row._asdict() for row in report.unanswered],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding, all of it."""
    chart = finding.chart
    return {
        "key": finding.key,
        "topic": finding.topic,
        "question": finding.question,
        "sentences": list(map(plain, finding.sentences)),
        "n": finding.n,
        "counted": finding.counted,
        "weight": finding.weight,
        "differences": list(finding.differences),
        "caveats": list(map(plain, finding.caveats)),
        "table": plain_rows(finding.table),
        "units": dict(finding.units),
        "chart": None if chart is None else {"spec": chart.spec, "alt": plain(chart.alt)},
    }
