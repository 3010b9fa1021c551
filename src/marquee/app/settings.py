"""What the environment says, read in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
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

    tmdb_key: str | None = field(default=None, repr=False)
    """Key for TMDB's API; None where there is none."""

    tmdb_api: str | None = None
    """Address of TMDB's API, where it is not TMDB's own."""

    @classmethod
    def read(cls, home: Path | None = None) -> Settings:
        """Settings from MARQUEE_HOME, MARQUEE_DATA, MARQUEE_FEEDBACK and their like.

        An explicit ``home`` wins.
        """
        data = os.environ.get("MARQUEE_DATA")
        return cls(
            home=home or Path(os.environ.get("MARQUEE_HOME") or ".marquee"),
            data=Path(data) if data else None,
            feedback=os.environ.get("MARQUEE_FEEDBACK") or None,
            public_url=os.environ.get("MARQUEE_PUBLIC_URL") or None,
            tmdb_api=os.environ.get("MARQUEE_TMDB_API") or None,
            tmdb_key=os.environ.get("MARQUEE_TMDB_KEY") or None,
        )
