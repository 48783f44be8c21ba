"""What a file of unknown origin is: laid out and read in a bounded process, weighed, told.

Nothing is written. An import with ``datum="auto"`` asks here first and takes the answer only when
it is sure.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.faults import FileRefused, Note
from gis.looking import FileLook
from gis.readings import parse_reading
from gis.sandbox import look_contained
from gis.suspects import Suspect, reading_of_crs, suspects_of
from gis.targets import SHIFTED
from gis.verdicts import Known, Verdict
from gis.weighing import weigh, windows_of

from ..db import WHOLE_LAND, Scope, begin
from .laying import laid_out
from .reference import extent_of_known, known_around

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class InspectOrder:
    """What to inspect, and within whose divisions it is held against what is known."""

    path: Path
    file_name: str
    layer: str | None = None
    encoding: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen, and what it comes to; `declared` names the reading the file states."""

    file_name: str
    look: FileLook
    verdict: Verdict
    declared: str | None
    notes: tuple[Note, ...]

    @property
    def reading(self) -> str | None:
        """The reading that may be taken without asking; None when there is none."""
        return self.verdict.ranked[0].suspect.reading.name if self.verdict.is_sure else None


def inspect_file(order: InspectOrder) -> Inspection:
    """Inspect a file.

    Raises
    ------
    FileRefused
        When it cannot be read at all.

    """
    look, notes = _look(order)
    declared = declared_reading(look)
    xy = look.look.xy
    bounds = (order.scope.low, order.scope.high) if order.scope else WHOLE_LAND
    suspects: tuple[Suspect, ...] = ()
    known = Known({}, {}, {})
    with begin(order.scope) as session:
        extent = extent_of_known(session, bounds)
        if extent is not None:
            suspects = suspects_of(xy, extent, declared=declared)
            known = known_around(session, windows_of(look.look, suspects), bounds)
    return Inspection(
        order.file_name, look, weigh(look.look, suspects, known), declared, (*notes, *look.notes)
    )


def declared_reading(look: FileLook) -> str | None:
    """Name of the reading that the file's own statement means; None when it means none."""
    if look.crs is None or look.crs in SHIFTED.values():
        return next((name for name, told in SHIFTED.items() if told == look.crs), None)
    try:
        crs = CRS.from_user_input(look.crs)
        named = reading_of_crs(crs.to_epsg(min_confidence=60))
        return named or ("wgs84" if crs.is_geographic else None)
    except CRSError:
        return None


def _look(order: InspectOrder) -> tuple[FileLook, tuple[Note, ...]]:
    with laid_out(order.path, layer=order.layer, encoding=order.encoding) as laid:
        return look_contained(laid.source, order.mapping, laid.folder, laid.child), laid.notes


@dataclass(frozen=True, slots=True)
class Taken:
    """How an import is to read a file, as the inspection found.

    The reading is None when it is what the file itself states: the import then goes its usual way;
    the encoding when the format or the user settles it.
    """

    reading: str | None
    position: dict[str, str]
    encoding: str | None
    note: Note


def take_reading(order: InspectOrder) -> Taken:
    """Reading, columns and encoding for an import that leaves the question to the inspection.

    Raises
    ------
    FileRefused
        ``crs.unsure`` or ``encoding.unsure`` when the inspection would have to ask.

    """
    inspection = inspect_file(order)
    reading = inspection.reading
    ranked = inspection.verdict.ranked
    if reading is None:
        likely = ", ".join(
            f"{one.suspect.reading.name} {int(one.confidence * 100)}%" for one in ranked[:3]
        )
        raise FileRefused("crs.unsure", known=likely or "-", doubt=inspection.verdict.doubt)
    encoding = _encoding(order, inspection.look)
    detail = {
        "reading": reading,
        "percent": f"{int(ranked[0].confidence * 1000) / 10:.1f}",
        "encoding": inspection.look.encoding,
    }
    stated = None if ranked[0].suspect.is_declared else reading
    position = dict(inspection.look.position)
    return Taken(stated, position, encoding, Note("crs.inspected", detail=detail))


def _encoding(order: InspectOrder, look: FileLook) -> str | None:
    if order.encoding is not None:
        return order.encoding
    alike = [one.name for one in look.scripts if one.is_doubted]
    if alike:
        raise FileRefused("encoding.unsure", known=", ".join(alike))
    # A single script that tells nothing: plain ASCII, or a format that is always UTF-8.
    return look.encoding if len(look.scripts) > 1 else None


def drawn_as(look: FileLook, reading: str) -> list[list[list[float]]]:
    """The file's thinned lines and points on EPSG:4326, were it read so."""
    from gis.readings import to_lonlat

    if not look.drawn:
        return []
    ends = np.cumsum([len(path) for path in look.drawn])[:-1]
    with np.errstate(all="ignore"):
        lonlat = to_lonlat(np.concatenate(look.drawn), parse_reading(reading))
    paths = []
    for path in np.split(lonlat, ends):
        good = path[np.isfinite(path).all(axis=1)]
        if len(good):
            paths.append(np.round(good, 6).tolist())
    return paths
