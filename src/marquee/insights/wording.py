"""How a comparison is worded: as a difference only where its interval says so."""

from __future__ import annotations

from marquee.errors import ParameterError
from marquee.insights.sentences import Number


def compared(difference: Number, more: str, less: str, neither: str) -> str:
    """The words for the difference: ``more`` or ``less`` where its interval leaves out zero.

    Raises
    ------
    ParameterError
        If it has no interval: a difference without one is never claimed.
    """
    if difference.low is None or difference.high is None:
        raise ParameterError(f"a difference of {difference.text} needs an interval to be worded")
    if difference.low > 0:
        return more
    return less if difference.high < 0 else neither
