"""Names of lists that were shown, the same on every face."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marquee.service.library import Library


def list_id(key: str, title_ids: Iterable[int], library: Library, now: datetime) -> str:
    """The same for the same list on the same day: a reload is not another impression."""
    titles = ",".join(map(str, title_ids))
    text = f"{key}|{titles}|{library.model_version}|{library.snapshot}|{now:%Y-%m-%d}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def exposure(arms: Iterable[str | None]) -> tuple[str, tuple[str | None, ...]]:
    """The experiment that a list is of, and the arm that chose each title.

    ``arms`` are those of the picks, ``EXPERIMENT:ARM``; without any the list is of none.
    """
    told = [(arm or "").partition(":") for arm in arms]
    experiment = next((name for name, _, arm in told if arm), "")
    if not experiment:
        return "", ()
    return experiment, tuple(arm if name == experiment and arm else None for name, _, arm in told)
