"""Sharing a count out: over threads of this process, or over the workers of a Dask scheduler.

Partitions that are stored are not counted again, so a count that was broken off goes on where it
was; one that a lost worker had is done by another.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from gis.coverage import Figures

from .partitions import CountStore, Part, count_part, rows_of, townships_of
from .stock import Source

#: Told after each partition: how many are done, of how many, whether it was counted just now.
Progress = Callable[[int, int, bool], None]

_THREADS = 2


def spread(
    source: Source,
    counts: Path,
    *,
    reading: str = "installed",
    scheduler: str | None = None,
    progress: Progress = lambda *_: None,
) -> list[dict[str, Any]]:
    """Return the figures of every subject of `source`, in order of township.

    Parameters
    ----------
    source : Source
        Read by whoever counts; with a scheduler, from the workers' machines.
    counts : Path
        Folder of what is counted, kept between runs.
    reading : str
        "installed", or "now": without dead, covered and moved cameras.
    scheduler : str, optional
        Address of a Dask scheduler, such as tcp://10.0.0.5:8786; without one, threads here.
    progress : callable
        Told after each partition how many are done, of how many, and whether it was counted now.

    """
    store = CountStore(counts)
    townships = townships_of(source)
    known = store.keys()
    share = _by_threads if scheduler is None else _by_cluster(scheduler)
    done: dict[int, tuple[Part, Figures]] = {}
    for part in share(source, townships, reading, known):
        if part.figures is not None:
            store.put(part.key, part.figures)
        done[part.township] = (part, store.get(part.key))
        progress(len(done), len(townships), part.figures is not None)
    return [row for township in townships for row in rows_of(*done[township])]


def _by_threads(
    source: Source, townships: list[int], reading: str, known: frozenset[str]
) -> Iterator[Part]:
    # The kernels let go of the interpreter lock.
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for future in as_completed(
                [pool.submit(count_part, source, one, reading, known) for one in townships]
            ):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _by_cluster(
    scheduler: str,
) -> Callable[[Source, list[int], str, frozenset[str]], Iterator[Part]]:
    def share(
        source: Source, townships: list[int], reading: str, known: frozenset[str]
    ) -> Iterator[Part]:
        from distributed import Client
        from distributed import as_completed as as_counted

        with Client(scheduler, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            futures = client.map(
                count_part, [source] * len(townships), townships, reading=reading, known=known,
                pure=False,
            )  # fmt: skip
            counted = as_counted(futures, loop=client.loop)  # type: ignore[no-untyped-call]
            for future in counted:
                yield future.result()

    return share
