"""Numba kernels without its untyped edges: compiled on first use, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def compiled(signature: str, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator that compiles a function for one signature when it is first called.

    Importing a module must stay cheap, so Numba itself is imported at that first call as well.
    The GIL is released, and the machine code is cached on disk between processes: beside the
    source, or in the user's cache folder where that cannot be written, or not at all where neither
    can. The function must not capture another compiled one, which would never be a cache hit.
    """
    options = {"nogil": True, "cache": True, "error_model": "numpy", **options}

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        machine: list[Callable[P, R]] = []
        compiling = Lock()

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if not machine:
                with compiling:
                    if not machine:
                        machine.append(_compile(function, signature, options))
            return machine[0](*args, **kwargs)

        call.__name__ = function.__name__
        call.__doc__ = function.__doc__
        return call

    return decorate


def _compile(function: Callable[P, R], signature: str, options: dict[str, Any]) -> Callable[P, R]:
    import numba

    try:
        machine: Callable[P, R] = numba.njit(signature, **options)(function)
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        machine = numba.njit(signature, **{**options, "cache": False})(function)
    return machine
