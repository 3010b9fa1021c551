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

    def data_set(self, name: str) -> Path | None:
        """The files of a data set: a path as given, else under ``data`` or the workspace's raw."""
        places = [Path(name), self.home / "raw" / name]
        if self.data is not None:
            places.insert(1, self.data / name)
        return next((place for place in places if place.exists()), None)
