"""What a change set makes of its grids: which end, which begin, and what speaks against it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import GridEditError
from gis.gridarea import area_m2
from gis.gridloss import LEAST_M2, losses

from ...db import as_owner
from .board import Board, Cell
from .drawing import carry_out, drawn_grounds, named_ids
from .refusals import CodeTaken, Unsound, refused
from .schemas import Fault, Operation, Retire

_TAKEN = text(
    "SELECT code FROM grids WHERE set_name = :set_name AND valid_to IS NULL"
    " AND code = ANY(:codes) AND id <> ALL(:ids)"
)


_TRACE_DEG2 = 1e-12
"""A hundredth of a square metre: what the nodes of a border may take along."""


Judge = Callable[[list[Cell], list[Cell], list[Cell]], list[Fault]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Grids as they were and as they would be; `knitted` only get nodes on a common border."""

    set_name: str
    ended: tuple[Cell, ...]
    began: tuple[Cell, ...]
    knitted: tuple[tuple[Cell, Cell], ...]
    faults: tuple[Fault, ...]

    def refuse_unsound(self) -> None:
        """Refuse what would leave an overlap or a gap.

        Raises
        ------
        Unsound
            Naming the largest.

        """
        blocking = [fault for fault in self.faults if fault.is_blocking]
        if blocking:
            worst = max(blocking, key=lambda fault: fault.area_m2)
            told = {"kind": worst.kind, "area_m2": worst.area_m2, "lon": worst.lon}
            raise Unsound(codes=", ".join(worst.codes), lat=worst.lat, count=len(blocking), **told)


def work_out(
    session: Session, set_name: str, operations: Sequence[Operation], span: tuple[int, int]
) -> Outcome:
    """Return what operations make of the grids in force, within a span of division codes.

    Raises
    ------
    EditRefused, GridsChanged, CodeTaken
        If an operation cannot be carried out, or two grids would have one code.

    """
    board = Board(session, set_name, span)
    try:
        grounds = drawn_grounds(operations)
    except GridEditError as error:
        raise refused(error, 1) from error
    board.lay_out(named_ids(operations), grounds)
    carry_out(board, operations)
    gives_up = any(isinstance(op, Retire) and op.into is None for op in operations)
    return outcome_of(board, partial(_losses, may_open_gaps=gives_up))


def outcome_of(board: Board, judge: Judge) -> Outcome:
    """Return the difference between the board and what it was laid out with.

    `judge` finds what speaks against it, of the grids that end, begin and stay.

    Raises
    ------
    CodeTaken
        If two grids would have one code.

    """
    ended = [cell for number, cell in board.was.items() if _is_ended(board, number)]
    began = [cell for number, cell in board.cells.items() if number < 0 or _is_ended(board, number)]
    same = [number for number in board.was if not _is_ended(board, number)]
    knitted = [
        (board.was[number], board.cells[number])
        for number in same
        if board.cells[number].shape is not board.was[number].shape
    ]
    _refuse_taken(board, began, [cell.id for cell in ended])
    standing = [board.cells[number] for number in same]
    faults = judge(ended, began, standing)
    faults += _strays(ended, began)
    return Outcome(board.set_name, tuple(ended), tuple(began), tuple(knitted), tuple(faults))


def _is_ended(board: Board, number: int) -> bool:
    """Tell whether the version in force ends: it is gone, or an operation changed it."""
    if number not in board.touched:
        return False
    now, was = board.cells.get(number), board.was.get(number)
    return now != was


def _refuse_taken(board: Board, began: list[Cell], ended: list[int]) -> None:
    counts = Counter(cell.code for cell in began)
    double = {code for code, count in counts.items() if count > 1}
    asked = {"set_name": board.set_name, "codes": list(counts), "ids": ended}
    with as_owner(board.session):
        double |= set(board.session.scalars(_TAKEN, asked).all())
    if double:
        raise CodeTaken(codes=", ".join(sorted(double)[:10]), field="code")


def _losses(
    ended: list[Cell], began: list[Cell], standing: list[Cell], *, may_open_gaps: bool
) -> list[Fault]:
    found = []
    for kind in ("basic", "exclusive"):
        old, new, rest = (
            [c for c in cells if c.kind == kind] for cells in (ended, began, standing)
        )
        if not old and not new:
            continue
        for loss in losses(_shapes(old), _shapes(new), _shapes(rest)):
            everybody = [*new, *rest]
            near = [c for c in old if c.shape.intersects(loss.ground)]
            cells = [everybody[at] for at in loss.shapes] or near
            is_blocking = loss.kind == "overlap" or (kind == "basic" and not may_open_gaps)
            found.append(_fault(loss.kind, cells, loss.ground, is_blocking=is_blocking))
    return found


def taken_ground(began: list[Cell], later: list[Cell]) -> list[Fault]:
    """Return what restored grids would have of the ground of those that came after them.

    What they had in common with each other and with older ones was so in their time.
    """
    found = []
    for new, own in overlapping(later, began):
        ground = later[new].shape.intersection(began[own].shape)
        parts = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
        if sum(area_m2(parts)) >= LEAST_M2:
            found.append(
                _fault("overlap", [began[own], later[new]], MultiPolygon(parts), is_blocking=True)
            )
    return found


def _strays(ended: list[Cell], began: list[Cell]) -> list[Fault]:
    """Return grids that take in ground of several villages; every grid belongs to one."""
    homes: dict[int, set[int]] = {}
    for old, new in overlapping(ended, began):
        if ended[old].shape.intersection(began[new].shape).area > _TRACE_DEG2:
            homes.setdefault(new, set()).add(ended[old].division_code)
    return [
        _fault("two_villages", [began[at]], began[at].shape, is_blocking=False)
        for at, found in sorted(homes.items())
        if len(found) > 1
    ]


def overlapping(ended: Sequence[Cell], began: Sequence[Cell]) -> list[tuple[int, int]]:
    """Return the places of an old and a new cell of one kind that may have common ground."""
    if not ended or not began:
        return []
    tree = shapely.STRtree([cell.shape for cell in ended])
    new, old = tree.query([cell.shape for cell in began], predicate="intersects")
    pairs = zip(old.tolist(), new.tolist(), strict=True)
    return sorted((a, b) for a, b in pairs if ended[a].kind == began[b].kind)


def _fault(kind: str, cells: list[Cell], ground: BaseGeometry, *, is_blocking: bool) -> Fault:
    spot = ground.representative_point()
    return Fault(
        kind=kind,  # type: ignore[arg-type]
        is_blocking=is_blocking,
        codes=[cell.code for cell in cells],
        area_m2=round(float(area_m2([ground])[0]), 2),
        lon=round(spot.x, 7),
        lat=round(spot.y, 7),
    )


def _shapes(cells: Sequence[Cell]) -> list[BaseGeometry]:
    return [cell.shape for cell in cells]
