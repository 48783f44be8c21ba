"""Bits of patrol ground as the database sends them, and where their cells lie."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping

from gis.frame import LocalFrame

Floats = NDArray[np.float64]

#: SQL of a column of bits as bytes, the first bit highest: a fraction of its text.
AS_BYTES = "substring(varbit_send({column}) FROM 5)"


@dataclass(frozen=True, slots=True)
class Cells:
    """Centres of a grid's cells in the order of the bits, metres in `frame`."""

    frame: LocalFrame
    x: Floats
    y: Floats
    cell_m: float


def cells_of(plan: RowMapping) -> Cells:
    """Return the cells of a row of `patrol_plans`."""
    runs = np.frombuffer(plan["runs"], dtype="<i4").reshape(-1, 3).astype(np.int64)
    lengths = runs[:, 2] - runs[:, 1]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    cell_m = float(np.sqrt(plan["cell_m2"]))
    x = plan["corner_x"] + (np.repeat(runs[:, 1], lengths) + within + 0.5) * cell_m
    y = plan["corner_y"] + (np.repeat(runs[:, 0], lengths) + 0.5) * cell_m
    return Cells(LocalFrame(plan["frame_lon"], plan["frame_lat"]), x, y, cell_m)


def is_set(bits: bytes, count: int) -> NDArray[np.uint8]:
    """Return the first `count` bits as 0 and 1."""
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=count)
