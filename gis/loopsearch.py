"""OR-Tools' search for a loop, in a process of its own: `python -m gis.loopsearch`.

OR-Tools and highspy each bring a `libhighs.so.1`, of versions that cannot stand in for each other:
whichever is loaded second into a process fails. Siting needs the other one.
"""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_START_S: Final = 60.0
"""What a busy machine may need to start the process, beyond the time of the search."""


def searched_apart(arcs: Ints, group: Ints, seconds: float) -> Ints | None:
    """Spots of a loop in order, without the start; None when none was found in time.

    Parameters
    ----------
    arcs : numpy.ndarray of int64, shape (n + 1, n + 1)
        Length from the row's to the column's spot in whole units; column 0 is the way back.
    group : numpy.ndarray of int64, shape (n + 1,)
        Each spot's group, 0, 1, ...; the start's is -1.
    seconds : float
        Time of the search, without the start of the process.

    Raises
    ------
    RuntimeError
        If the process fails.

    """
    asked = io.BytesIO()
    np.savez(asked, arcs=arcs, group=group, seconds=np.array(seconds))
    command = [sys.executable, "-m", "gis.loopsearch"]
    limit_s = seconds + _START_S
    try:
        done = subprocess.run(  # noqa: S603
            command, input=asked.getvalue(), capture_output=True, check=False, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        raise RuntimeError(f"the search for a loop failed: {done.stderr.decode()[-500:]}")
    spots = np.load(io.BytesIO(done.stdout), allow_pickle=False)
    return spots if len(spots) else None


def _search(arcs: Ints, group: Ints, seconds: float) -> list[int]:
    from ortools.constraint_solver import pywrapcp
    from ortools.constraint_solver import routing_enums_pb2 as choices

    manager = pywrapcp.RoutingIndexManager(len(group), 1, 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(arcs.tolist()))
    # Leaving a group out costs more than any loop: each is entered at exactly one spot.
    dear = int(arcs.max()) * (int(group.max()) + 2) + 1
    for number in range(int(group.max()) + 1):
        spots = [manager.NodeToIndex(int(spot)) for spot in np.flatnonzero(group == number)]
        routing.AddDisjunction(spots, dear, 1)
    wishes = pywrapcp.DefaultRoutingSearchParameters()
    wishes.first_solution_strategy = choices.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    wishes.local_search_metaheuristic = choices.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    wishes.time_limit.FromMilliseconds(max(1, round(seconds * 1000)))
    found = routing.SolveWithParameters(wishes)
    if found is None:
        return []
    spots = []
    index = found.Value(routing.NextVar(routing.Start(0)))
    while not routing.IsEnd(index):
        spots.append(manager.IndexToNode(index))
        index = found.Value(routing.NextVar(index))
    return spots


def main() -> None:
    """Read the question from standard input, write the answer to standard output."""
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as asked:
        spots = _search(asked["arcs"], asked["group"], float(asked["seconds"]))
    answer = io.BytesIO()
    np.save(answer, np.array(spots, dtype=np.int64))
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    main()
