"""One import from file to table: stage, read in a bounded process, check, then all or nothing.

The same way for the command line and for uploads. Whatever is refused, the report says so; only
with `accept_partial` are good rows written beside bad ones.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.datum import DATUMS
from gis.faults import FileRefused, Note, RowFault
from gis.intake import Intake, Order, Progress
from gis.sandbox import take_in_contained
from gis.shapes import ShapeLimits

from ..audit.register import Act, enter
from ..cameras.importing import with_bearing
from ..db import WHOLE_LAND, Scope, begin
from ..divisions.assigning import NOWHERE, relocate
from ..divisions.importing import refuse_taken
from ..errors import Language
from ..jobs import defer
from ..landing import Berth, Landing
from ..settings import Imports, load
from .inspecting import AUTO, InspectOrder, Taken, take_reading
from .kinds import Kind, kind_of
from .laying import laid_out
from .models import Import
from .report import Outcome, stored, told

_LOCATED = ("grids", "places", "cameras", "restricted_areas")
_LONGEST_NAME = 100
_TURN = text("SELECT pg_advisory_xact_lock(hashtext(:key))")


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to import, how to read it, on whose behalf and within which divisions."""

    kind: str
    path: Path
    file_name: str
    set_name: str | None = None
    layer: str | None = None
    encoding: str | None = None
    datum: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    default_height_m: float | None = None
    is_dry_run: bool = False
    accepts_partial: bool = False
    user_id: int | None = None
    user_name: str = "gridlink"
    division_code: int = 0
    bounds: tuple[int, int] = WHOLE_LAND
    scope: Scope | None = None
    language: Language = "zh"

    @property
    def target_set(self) -> str:
        """The set to replace: the one named, else one named after the file."""
        wished = (self.set_name or "", Path(self.file_name).stem, self.kind)
        # No database stores a NUL, and a name of spaces is none.
        plain = ("".join(sign for sign in name if sign.isprintable()).strip() for name in wished)
        return next(name for name in plain if name)[:_LONGEST_NAME]


def run_import(order: ImportOrder, on_progress: Progress | None = None) -> dict[str, Any]:
    """Import a file and return its report; what was refused stands in it, nothing is raised."""
    limits = load().imports
    height_m = order.default_height_m or limits.default_building_height_m
    kind = kind_of(order.kind, default_height_m=height_m)
    outcome = Outcome(order.kind, order.file_name, order.target_set, order.is_dry_run)
    landing = _read(order, kind, limits, outcome, on_progress)
    with begin() as session:
        if landing is not None:
            _check(session, order, kind, landing, outcome)
            if _may_write(order, landing, outcome):
                _write(session, order, kind, landing)
                outcome.is_written = True
                outcome.counts["written"] = len(landing.rows)
        report = told(outcome, order.language)
        if not order.is_dry_run:
            session.add(_history(order, report))
            _register(session, order, report)
    return report


def _read(
    order: ImportOrder,
    kind: Kind,
    limits: Imports,
    outcome: Outcome,
    on_progress: Progress | None,
) -> Landing | None:
    """Take the file in and check its values; None when the file as a whole was refused."""
    try:
        if kind.name == "divisions" and order.bounds != WHOLE_LAND:
            # Every right hangs on the tree: whoever draws it decides what lies in whose hands.
            raise FileRefused("divisions.whole_land")
        intake = _take_in(order, kind, limits, outcome, on_progress)
        if not len(intake):
            raise FileRefused("file.empty")
    except FileRefused as refused:
        outcome.refusal = refused
        return None
    landing = kind.read(intake)
    outcome.intake = intake
    outcome.faults = [*intake.faults, *landing.faults]
    outcome.notes += [*intake.notes, *landing.notes]
    outcome.counts = {"read": len(intake), "mended": len(intake.mended)}
    if kind.name == "buildings":
        outcome.counts["assumed_height"] = landing.assumed_heights
    if kind.name == "cameras":
        outcome.counts["with_bearing"] = with_bearing(landing)
    return landing


def _take_in(
    order: ImportOrder,
    kind: Kind,
    limits: Imports,
    outcome: Outcome,
    on_progress: Progress | None,
) -> Intake:
    # The inspection lays the file out for itself: as its encoding is read here, it comes first.
    found = _found(order)
    encoding = found.encoding if found else order.encoding
    with laid_out(order.path, layer=order.layer, encoding=encoding) as laid:
        outcome.notes += laid.notes
        if found is not None:
            outcome.notes.append(found.note)
        request = Order(
            source=laid.source,
            wanted=kind.wanted,
            fields=kind.fields,
            datum=order.datum if order.datum in DATUMS else None,
            reading=found.reading if found else None if order.datum in DATUMS else order.datum,
            overrides={**found.position, **order.mapping} if found else order.mapping,
            limits=ShapeLimits(vertices=limits.vertices_per_feature),
        )
        intake = take_in_contained(request, laid.folder, laid.child, on_progress)
        return replace(intake, datum_how="inspected") if found else intake


def _found(order: ImportOrder) -> Taken | None:
    """What the inspection finds, when it is asked; None when the order says how to read."""
    if order.datum != AUTO:
        return None
    wish = InspectOrder(
        order.path, order.file_name, order.layer, order.encoding, order.mapping, order.scope
    )
    return take_reading(wish)


def _check(
    session: Session, order: ImportOrder, kind: Kind, landing: Landing, outcome: Outcome
) -> None:
    """Checks that need the database: divisions, jurisdiction, codes of other sets."""
    codes = kind.locate(session, landing) if kind.locate and landing.rows else []
    if kind.name == "divisions":
        codes = [row[0] for row in landing.rows]
        taken = dict(refuse_taken(session, landing, order.target_set))
        outcome.faults += _drop(landing, taken, "code.in_other_set")
    elif order.bounds != WHOLE_LAND:
        _drop_outside(order, landing, codes, outcome)
    if kind.refused is not None and landing.rows:
        for code, rows in kind.refused(session, landing, order.bounds).items():
            outcome.faults += _drop(landing, rows, code)
    lost = sum(code == NOWHERE for code in codes)
    if lost and lost < len(codes):
        outcome.notes.append(Note("division.unknown", detail={"count": lost}))
    outcome.counts["refused"] = len({fault.row for fault in outcome.faults})


def _drop_outside(order: ImportOrder, landing: Landing, codes: list[int], outcome: Outcome) -> None:
    low, high = order.bounds
    outside = {
        number: ""
        for number, code in zip(landing.row_no, codes, strict=False)
        if not low <= code <= high
    }
    outcome.faults += _drop(landing, outside, "division.outside")


def _drop(landing: Landing, rows: dict[int, str], code: str) -> list[RowFault]:
    """Take rows out of the landing; returns the faults they become."""
    faults = []
    for number, shape in zip(landing.row_no, landing.shapes, strict=True):
        if number in rows:
            spot = shape.representative_point()
            place = (round(spot.x, 7), round(spot.y, 7))
            faults.append(RowFault(number, code, "geometry", *place, {"other": rows[number]}))
    landing.keep([number not in rows for number in landing.row_no])
    return faults


def _may_write(order: ImportOrder, landing: Landing, outcome: Outcome) -> bool:
    if order.is_dry_run or not landing.rows:
        return False
    return order.accepts_partial or not outcome.is_refused


def _write(session: Session, order: ImportOrder, kind: Kind, landing: Landing) -> None:
    """Write rows and defer what follows from them, all in the caller's transaction."""
    # Two imports of one kind take turns: each replaces a set as the other left it.
    session.execute(_TURN, {"key": f"import:{kind.name}"})
    whose = (order.user_id, order.user_name)
    kind.write(session, landing, Berth(kind.target, order.target_set, order.bounds, *whose))
    if kind.name == "divisions":
        relocate(session, _LOCATED)
    if kind.changes_ways:
        defer(session, "basemap.build_network", key="roads.network")
    if kind.changes_sight:
        defer(session, "cameras.refresh_viewsheds", key="viewsheds:all", camera_ids=None)
    defer(session, "coverage.refresh", key="coverage")


def _history(order: ImportOrder, report: dict[str, Any]) -> Import:
    return Import(
        kind=order.kind,
        file_name=order.file_name[:300],
        set_name=order.target_set,
        user_id=order.user_id,
        written=report["written"],
        report=stored(report),
    )


def _register(session: Session, order: ImportOrder, report: dict[str, Any]) -> None:
    """Enter the import, with counts and codes only: a sentence may quote the file."""
    refusal = report["refusal"]
    enter(
        session,
        Act(
            "import.written" if report["written"] else "import.refused",
            order.user_id,
            order.user_name,
            division_code=order.division_code,
            detail={
                "kind": order.kind,
                "file": order.file_name[:300],
                "set": order.target_set,
                "counts": report["counts"],
                "code": refusal["code"] if refusal else None,
            },
        ),
    )
