"""What an import finds wrong, as codes and details; the sentences belong to whoever reports them.

FileRefused     the file as a whole cannot be read safely or without guessing
RowFault        one row cannot be taken; a value, because expected
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from gis.errors import GisError


class FileRefused(GisError):
    """The file cannot be taken. Look up `code`, put the file right, and hand it over again.

    Attributes
    ----------
    code : str
        Stable name of the reason, such as ``archive.ratio`` or ``crs.unknown``.
    detail : dict
        What the sentence of that code needs: names, limits, what was found.

    """

    def __init__(self, code: str, **detail: Any) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code} {detail}" if detail else code)


@dataclass(frozen=True, slots=True)
class RowFault:
    """One row that cannot be taken as it stands.

    Attributes
    ----------
    row : int
        Number of the feature in the file, from 1; a header line is not counted.
    code : str
        Stable name of the reason, such as ``geometry.empty``.
    field : str
        The field at fault; "geometry" for the shape.
    lon, lat : float or None
        Where the row lies, EPSG:4326 degrees, when that is known.
    detail : dict
        What the sentence needs.

    """

    row: int
    code: str
    field: str = "geometry"
    lon: float | None = None
    lat: float | None = None
    detail: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user must know although nothing was refused; `row` 0 means the whole file."""

    code: str
    row: int = 0
    detail: dict[str, Any] = dataclasses.field(default_factory=dict)
