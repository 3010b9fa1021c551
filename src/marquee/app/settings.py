"""What the environment says, read in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where things are on this machine."""

    home: Path
    """The workspace."""
    data: Path | None
    """Folder of data sets as their publishers wrote them, one folder each."""

    @classmethod
    def read(cls, home: Path | None = None) -> Settings:
        """Settings from ``MARQUEE_HOME`` and ``MARQUEE_DATA``; an explicit ``home`` wins."""
        data = os.environ.get("MARQUEE_DATA")
        return cls(
            home=home or Path(os.environ.get("MARQUEE_HOME") or ".marquee"),
            data=Path(data) if data else None,
        )
