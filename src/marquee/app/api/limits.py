"""How often a caller may ask: token buckets in memory, and a bound on what is sent."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

MOST_CALLERS = 10_000
"""Buckets that are kept; of those used longest ago a new one takes the place."""


class RateLimit:
    """A bucket of tokens for each caller, refilled at a steady rate; a request takes one.

    ``clock`` gives seconds that never run backwards.
    """

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self.burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def wait(self, caller: str) -> float:
        """Seconds until the caller may ask again; 0 if this request may go on."""
        now = self._clock()
        with self._turn:
            tokens, since = self._buckets.pop(caller, (float(self.burst), now))
            tokens = min(self.burst, tokens + (now - since) * self.per_second)
            allowed = tokens >= 1
            self._buckets[caller] = (tokens - allowed, now)
            if len(self._buckets) > MOST_CALLERS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self.per_second
