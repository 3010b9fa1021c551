"""Numba kernels without its untyped edges: compiled on first use, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def compiled(signature: str, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator that compiles a function for one signature when it is first called.

    Importing a module must stay cheap, so Numba itself is imported at that first call as well.
    The GIL is released, and the machine code is cached on disk between processes.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        machine: list[Callable[P, R]] = []

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if not machine:
                import numba

                options.setdefault("nogil", True)
                options.setdefault("cache", True)
                options.setdefault("error_model", "numpy")
                machine.append(numba.njit(signature, **options)(function))
            return machine[0](*args, **kwargs)

        call.__name__ = function.__name__
        call.__doc__ = function.__doc__
        return call

    return decorate
