"""What a change set makes of its grids: which end, which begin, and what speaks against it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import GridEditError
from gis.gridarea import area_m2
from gis.gridloss import losses

from ...db import as_owner
from .board import Board, Cell
from .drawing import carry_out, drawn_grounds, named_ids
from .refusals import CodeTaken, Unsound, refused
from .schemas import Fault, Operation, Retire

_TAKEN = text(
    "SELECT code FROM grids WHERE set_name = :set_name AND valid_to IS NULL"
    " AND code = ANY(:codes) AND id <> ALL(:ids)"
)


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
    return outcome_of(board, may_open_gaps=gives_up)


def outcome_of(board: Board, *, may_open_gaps: bool) -> Outcome:
    """Return the difference between the board and what it was laid out with.

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
    faults = _losses(ended, began, standing, may_open_gaps=may_open_gaps)
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


def _strays(ended: list[Cell], began: list[Cell]) -> list[Fault]:
    """Return grids that take in ground of several villages; every grid belongs to one."""
    found = []
    for cell in began:
        homes = {
            old.division_code
            for old in ended
            if old.kind == cell.kind and old.shape.intersection(cell.shape).area > 1e-12
        }
        if len(homes) > 1:
            found.append(_fault("two_villages", [cell], cell.shape, is_blocking=False))
    return found


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
