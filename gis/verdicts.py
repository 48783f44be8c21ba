"""What is asked of a file whose datum nobody states, and what is answered.

`Look` is what the file shows, `Known` what is held of the land, `Verdict` what weighing the two
against each other gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.suspects import Suspect

Floats = NDArray[np.float64]
Doubt = Literal["", "nothing_known", "no_evidence", "too_close", "mixed", "offset"]

#: The confidence from which a reading is taken without asking.
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Look:
    """What a file shows; coordinates as the file has them.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2)
        Points of the file, and points along its lines and outlines.
    rows : ndarray of float64, shape (rows, 2)
        A point of each row, nan where it has none.
    inner : ndarray of float64, shape (m, 2), and of_row : ndarray of int64, shape (m,)
        Points well inside each row's shape, and which row each is of.
    words : dict of str to list
        Texts of columns that may name or code a row.

    """

    xy: Floats
    rows: Floats
    inner: Floats
    of_row: NDArray[np.int64]
    words: Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is held already, EPSG:4326.

    Attributes
    ----------
    layers : dict of str to ndarray of geometry
        roads, buildings, divisions, grids, places.
    named : dict of str to (lon, lat)
        Codes and names that one known thing alone has.
    areas : dict of str to Polygon or MultiPolygon
        Divisions by the digits of their code, without trailing zeros of lower levels.

    """

    layers: Mapping[str, NDArray[np.object_]]
    named: Mapping[str, tuple[float, float]]
    areas: Mapping[str, shapely.Geometry]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison.

    Attributes
    ----------
    kind : {"lies_on", "in_division", "same_name"}
        What was compared.
    layer : str
        roads, buildings, divisions, grids, places; the column for the other two kinds.
    score, by_chance : float
        Share that fits, and what chance gives; for same_name the offset in metres and the reach.
    log_p : float
        Natural logarithm of the chance.
    scale_m : float
        Distance at which it was judged.
    count : int
        Points, rows or pairs compared.

    """

    kind: str
    layer: str
    score: float
    by_chance: float
    log_p: float
    scale_m: float
    count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A suspect weighed; `offset_m` is east, north of the best fit from where it stands."""

    suspect: Suspect
    confidence: float
    evidence: tuple[Evidence, ...]
    offset_m: tuple[float, float] | None = None

    @property
    def log_p(self) -> float:
        """The best of its evidence, corrected for the number of looks."""
        looks = max(1, len(self.evidence))
        least = min((one.log_p for one in self.evidence), default=0.0)
        return min(0.0, least + math.log(looks))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Candidates, likeliest first; `doubt` is "" when the first may be taken."""

    ranked: tuple[Candidate, ...]
    doubt: Doubt

    @property
    def is_sure(self) -> bool:
        """True when the first may be taken without asking."""
        return self.doubt == ""
