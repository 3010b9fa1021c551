"""How much memory a piece of work takes, as the operating system counts it."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

SELF = Path("/proc/self")
MEANING = (
    "most resident memory of the process during the fit beyond what it held before, as the kernel "
    "counts it; not told on other systems than Linux"
)


def watch_memory() -> Callable[[], int | None]:
    """Begins to watch; what it returns tells the most bytes held since beyond those held before.

    Free memory is first given back to the system, so that what an earlier piece of work left
    behind does not hide what this one takes. None where the system tells no such thing.
    """
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        (SELF / "clear_refs").write_text("5", encoding="ascii")  # the mark of the most falls to now
        before = _status("VmRSS")
    except (OSError, AttributeError, ValueError):
        return lambda: None
    return lambda: max(_status("VmHWM") - before, 0)


def _status(name: str) -> int:
    """A figure of the process in bytes; ``ValueError`` where there is none of that name."""
    for line in (SELF / "status").read_text(encoding="ascii", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise ValueError(f"the system tells no {name}")
