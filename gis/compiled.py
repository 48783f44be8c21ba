"""The one way a kernel is compiled here: nopython, without the interpreter lock, cached on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from numba import config, njit

P = ParamSpec("P")
R = TypeVar("R")


def _cache_folder() -> Path:
    """Where the kernels of exactly these sources are kept.

    numba renews a cached kernel when its own file changes, not when a kernel it calls in another
    file does; after an upgrade it would run a mixture. A folder per state of the sources cannot.
    """
    here = Path(__file__).parent
    sources = hashlib.sha256()
    for file in sorted(here.glob("*.py")):
        sources.update(file.read_bytes())
    chosen: str = config.CACHE_DIR  # type: ignore[attr-defined]
    base = Path(chosen) if chosen else here / "__pycache__"
    return base / f"kernels-{sources.hexdigest()[:16]}"


# numba asks for the folder when a kernel is declared, so it is chosen here, before the first one.
config.CACHE_DIR = str(_cache_folder())  # type: ignore[attr-defined]


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """Return `kernel` compiled at its first call, keeping the signature that type checkers see.

    Notes
    -----
    The cache spares 3-6 s at every start. `error_model="numpy"` lets a division by zero give inf,
    as numpy does, without a branch.

    """
    decorate = njit(cache=True, nogil=True, error_model="numpy")
    return cast("Callable[P, R]", decorate(kernel))
