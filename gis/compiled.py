"""The one way a kernel is compiled here: nopython, without the interpreter lock, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """Return `kernel` compiled at its first call, keeping the signature that type checkers see.

    Notes
    -----
    The cache spares 3-6 s at every start. numba renews a cached kernel when its own file changes,
    not when a kernel it calls in another file does: delete `gis/__pycache__/*.nb?` after such an
    edit. `error_model="numpy"` lets a division by zero give inf, as numpy does, without a branch.

    """
    decorate = njit(cache=True, nogil=True, error_model="numpy")
    return cast("Callable[P, R]", decorate(kernel))
