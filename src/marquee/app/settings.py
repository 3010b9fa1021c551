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
    feedback: str | None = None
    """URL of the feedback database; that of the workspace where it is None."""

    public_url: str | None = None
    """Where people reach a proxy in front of the server; None where there is none."""

    @classmethod
    def read(cls, home: Path | None = None) -> Settings:
        """Settings from MARQUEE_HOME, MARQUEE_DATA, MARQUEE_FEEDBACK and MARQUEE_PUBLIC_URL.

        An explicit ``home`` wins.
        """
        data = os.environ.get("MARQUEE_DATA")
        return cls(
            home=home or Path(os.environ.get("MARQUEE_HOME") or ".marquee"),
            data=Path(data) if data else None,
            feedback=os.environ.get("MARQUEE_FEEDBACK") or None,
            public_url=os.environ.get("MARQUEE_PUBLIC_URL") or None,
        )
