"""Compiles the numerical kernels into their cache, so that the first incident does not wait.

Numba takes seconds for a cold compilation; setup, the image and every start call this once.
"""

from importlib import import_module

#: Modules with a `warm_up()`; named as text because loading them is what takes the time.
KERNELS = ("gis.sight", "gis.visibility", "gis.viewshed")


def warm_up() -> None:
    """Compile, or load from the cache, every kernel a request may need."""
    for name in KERNELS:
        module = import_module(name)
        if hasattr(module, "warm_up"):
            module.warm_up()


if __name__ == "__main__":
    warm_up()
