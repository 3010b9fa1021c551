"""Killing a process of its own before any step of its work, one step further each time.

For scripts that run by themselves: a process that was forked after threads were begun may hang.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Iterable
from typing import Any


def in_child(act: Callable[[], object]) -> int:
    """The status with which a child ends that acts so; 1, and the trace, after an exception."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kill_before(step: int, steps: Iterable[tuple[Any, str]]) -> None:
    """Lets this process be killed right before so many calls, the first being 1, of the functions.

    Each is given by who holds it, a module or a class, and its name there.
    """
    count = 0

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    for owner, name in steps:
        setattr(owner, name, counting(getattr(owner, name)))
