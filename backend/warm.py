"""Compiles the numerical kernels into their cache, so that the first incident does not wait.

Numba takes seconds for a cold compilation; setup, the image and every start call this once.
"""

import gc
import logging
import time
from importlib import import_module

#: Modules with a `warm_up()`; named as text because loading them is what takes the time.
KERNELS = (
    *("gis.sight", "gis.visibility", "gis.viewshed"),
    *("backend.coverage.warming", "backend.patrol.deriving.warming"),
)


def load_modules() -> None:
    """Import what jobs and the warm-up beside them both use.

    Two threads that import numba or shapely at once can each find the other's half.
    """
    for name in (*KERNELS, "backend.cameras.viewsheds", "backend.coverage.refresh"):
        import_module(name)


def warm_up() -> None:
    """Compile, or load from the cache, every kernel a request may need."""
    for name in KERNELS:
        module = import_module(name)
        if hasattr(module, "warm_up"):
            module.warm_up()


def warm_up_for_questions() -> None:
    """Compile, then read cameras, buildings and grids into memory: no question waits for them."""
    from .cameras import lookout
    from .db import begin

    start = time.monotonic()
    warm_up()
    with begin() as session:
        watch, scene = lookout.current(session)
    logging.getLogger(__name__).info(
        "%d poses and %d buildings in memory after %.1f s",
        len(watch.poses),
        len(scene.obstacles),
        time.monotonic() - start,
        extra={"action": "sight.ready"},
    )
    from .coverage import warming

    with begin() as session:
        count = warming.read(session)
    logging.getLogger(__name__).info(
        "%d grids and places in memory after %.1f s",
        count,
        time.monotonic() - start,
        extra={"action": "coverage.ready"},
    )
    _leave_unlooked_at()


def _leave_unlooked_at() -> None:
    """What was read stays: looking through it at each collection held every console up for 0.3 s.

    What an earlier start in this process froze is freed first, or servers begun one after another,
    as by tests, would all stay in memory.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def warm_up_for_jobs() -> None:
    """Compile, then read what a refresh of coverage asks for, so that the first is no slower."""
    from .db import begin

    start = time.monotonic()
    warm_up()
    from .coverage import warming

    with begin() as session:
        count = warming.read_for_refresh(session)
    logging.getLogger(__name__).info(
        "%d grids and places in memory after %.1f s",
        count,
        time.monotonic() - start,
        extra={"action": "coverage.ready"},
    )
    _leave_unlooked_at()


if __name__ == "__main__":
    warm_up()
