"""The clock of whoever asks: what lies below is told the moment and reads none."""

from __future__ import annotations

from datetime import UTC, datetime


def moment() -> str:
    """Now, as everything that is kept tells it: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
