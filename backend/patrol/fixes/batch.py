"""A batch of fixes as columns of whole numbers: what the table keeps, ready for a binary COPY."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .refusals import Refusal

Ints = NDArray[np.int64]

DAY_US = 86_400_000_000
_EPOCH_2000_US = 946_684_800_000_000
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
#: One row of PostgreSQL's binary COPY: the number of fields, then each with its length.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(
            item
            for name, kind in (
                ("unit", ">i8"),
                ("at", ">i8"),
                ("lon", ">i4"),
                ("lat", ">i4"),
                ("accuracy", ">i4"),
                ("speed", ">i4"),
            )
            for item in ((f"{name}_length", ">i4"), (name, kind))
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Fixes:
    """Columns of equal length, as `fixes` stores them; `row` is a fix's place in its batch.

    `at_us` is microseconds since 1970 UTC; `accuracy_dm` and `speed_cms` are -1 where unknown.
    """

    unit: Ints
    at_us: Ints
    lon_e7: Ints
    lat_e7: Ints
    accuracy_dm: Ints
    speed_cms: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.unit)

    def columns(self) -> tuple[Ints, ...]:
        """Return the columns of the key, in its order."""
        key = (self.unit, self.at_us, self.lon_e7, self.lat_e7, self.accuracy_dm, self.speed_cms)
        return key

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Fixes":
        """Return the chosen rows."""
        return Fixes(*(column[chosen] for column in (*self.columns(), self.row)))

    def sorted_unique(self) -> "Fixes":
        """Return the rows in order of the key, each once."""
        key = self.columns()
        ordered = self.take(np.lexsort(key[::-1]))
        if len(ordered) < 2:
            return ordered
        key = ordered.columns()
        is_new = np.concatenate(
            ([True], np.any([column[1:] != column[:-1] for column in key], axis=0))
        )
        return ordered if is_new.all() else ordered.take(is_new)

    def binary(self) -> bytes:
        """Return the rows as a binary COPY of `fixes`."""
        rows = np.empty(len(self), _ROW)
        rows["fields"] = 6
        for name, column, size in zip(
            ("unit", "at", "lon", "lat", "accuracy", "speed"),
            (self.unit, self.at_us - _EPOCH_2000_US, *self.columns()[2:]),
            (8, 8, 4, 4, 4, 4),
            strict=True,
        ):
            rows[f"{name}_length"] = size
            rows[name] = column
        return _HEADER + rows.tobytes() + _TRAILER


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's fixes with what was refused of it before the database was asked."""

    fixes: Fixes
    refused: tuple[Refusal, ...] = ()
    tracker_id: int | None = None
    refused_of: dict[int, int] = field(default_factory=dict)
    """Row refused -> its unit, where the batch names one that is known."""

    @property
    def units(self) -> frozenset[int]:
        return frozenset(np.unique(self.fixes.unit).tolist())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: taken, known already, refused."""

    accepted: int
    duplicates: int
    refused: tuple[Refusal, ...]


NO_FIXES = Fixes(*(np.empty(0, np.int64) for _ in range(7)))


def joined(parts: list[Fixes]) -> Fixes:
    """Return several batches' fixes as one."""
    columns = zip(*((*part.columns(), part.row) for part in parts), strict=True)
    return Fixes(*(np.concatenate(column) for column in columns))
