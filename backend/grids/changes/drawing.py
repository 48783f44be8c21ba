"""The operations of a change set, carried out on the board one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from gis import gridedit
from gis.errors import GridEditError
from gis.gridarea import area_m2

from ...divisions.assigning import as_points, locate
from .board import Board, Cell
from .refusals import OutsideJurisdiction, PartsMisfit, refused
from .schemas import (
    Ground,
    Line,
    Merge,
    MoveBoundary,
    New,
    Operation,
    Part,
    Recode,
    Redraw,
    Retire,
    Split,
)


def named_ids(operations: Sequence[Operation]) -> Iterable[int]:
    """Return the ids of the grids that operations name."""
    for op in operations:
        if isinstance(op, Split | Recode):
            yield op.grid_id
        elif isinstance(op, Merge | MoveBoundary):
            yield from op.grid_ids
        elif isinstance(op, Redraw):
            yield from (piece.grid_id for piece in op.pieces)
        elif isinstance(op, Retire):
            yield from (number for number in (op.grid_id, op.into) if number is not None)


def drawn_grounds(operations: Sequence[Operation]) -> list[BaseGeometry]:
    """Return the outlines drawn: what lies around them belongs on the board."""
    found = [op.geometry for op in operations if isinstance(op, New)]
    found += [piece.geometry for op in operations if isinstance(op, Redraw) for piece in op.pieces]
    return [_shape(geometry) for geometry in found]


def carry_out(board: Board, operations: Sequence[Operation]) -> None:
    """Carry out all operations on the board.

    Raises
    ------
    EditRefused, GridsChanged, PartsMisfit, NoCodes, OutsideJurisdiction
        For the first operation that cannot be.

    """
    for number, op in enumerate(operations, start=1):
        try:
            _one(board, op)
        except GridEditError as error:
            raise refused(error, number) from error


def _one(board: Board, op: Operation) -> None:
    if isinstance(op, Split):
        _split(board, op)
    elif isinstance(op, Merge):
        _merge(board, [board.cell(number) for number in op.grid_ids], op.code, op.name)
    elif isinstance(op, Redraw):
        _redraw(board, op)
    elif isinstance(op, MoveBoundary):
        one, other = (board.cell(number) for number in op.grid_ids)
        first, second = gridedit.move_boundary(one.shape, other.shape, _line(op.line))
        board.change(replace(one, shape=first), replace(other, shape=second))
    elif isinstance(op, Recode):
        cell = board.cell(op.grid_id)
        board.change(replace(cell, code=op.code, name=op.name or cell.name))
    elif isinstance(op, New):
        _new(board, op)
    else:
        _retire(board, op)


def _split(board: Board, op: Split) -> None:
    cell = board.cell(op.grid_id)
    shapes = gridedit.split(cell.shape, _line(op.line))
    if op.parts is not None and len(op.parts) != len(shapes):
        raise PartsMisfit(field="operations", found=len(shapes), given=len(op.parts))
    parts = op.parts or [Part() for _ in shapes]
    keeper = int(np.argmax(area_m2(shapes)))
    if op.parts and any(part.code == cell.code for part in parts):
        keeper = next(i for i, part in enumerate(parts) if part.code == cell.code)
    is_bare = [part.code is None and i != keeper for i, part in enumerate(parts)]
    fresh = iter(board.propose(cell.division_code, sum(is_bare)))
    made = [
        Cell(
            id=board.next_id(),
            code=part.code or (next(fresh) if bare else cell.code),
            name=part.name or (cell.name if i == keeper else f"{cell.name}{i + 1}"),
            kind=cell.kind,
            division_code=cell.division_code,
            households=part.households,
            shape=shape,
        )
        for i, (part, shape, bare) in enumerate(zip(parts, shapes, is_bare, strict=True))
    ]
    board.end(cell.id)
    board.change(*made)


def _merge(board: Board, cells: list[Cell], code: str | None, name: str | None) -> None:
    if len({cell.id for cell in cells}) < len(cells) or len({cell.kind for cell in cells}) > 1:
        raise GridEditError("not_neighbours")
    shape = gridedit.merge([cell.shape for cell in cells])
    largest = cells[int(np.argmax(area_m2([cell.shape for cell in cells])))]
    heads = [cell.households for cell in cells if cell.households is not None]
    made = replace(
        next((cell for cell in cells if cell.code == code), largest),
        id=board.next_id(),
        households=sum(heads) if len(heads) == len(cells) else None,
        shape=shape,
    )
    board.end(*(cell.id for cell in cells))
    board.change(replace(made, code=code or made.code, name=name or made.name))


def _redraw(board: Board, op: Redraw) -> None:
    cells = [board.cell(piece.grid_id) for piece in op.pieces]
    if len({cell.id for cell in cells}) < len(cells):
        raise GridEditError("not_sound")
    shapes = gridedit.fitted([_shape(piece.geometry) for piece in op.pieces], board.around(*cells))
    board.change(*(replace(c, shape=shape) for c, shape in zip(cells, shapes, strict=True)))


def _new(board: Board, op: New) -> None:
    shape = _shape(op.geometry)
    if not shape.is_valid or shape.is_empty:
        raise GridEditError("not_sound")
    division = locate(board.session, as_points([shape.point_on_surface()]))[0]
    if not board.span[0] <= division <= board.span[1]:
        raise OutsideJurisdiction(field="operations")
    blank = Cell(board.next_id(), "", op.name, op.kind, division, op.households, shape)
    fitted = gridedit.fitted([shape], board.around(blank))[0]
    code = op.code or board.propose(division, 1)[0]
    board.change(replace(blank, code=code, shape=fitted))


def _retire(board: Board, op: Retire) -> None:
    cell = board.cell(op.grid_id)
    if op.into is None:
        board.end(cell.id)
        return
    heir = board.cell(op.into)
    if heir.id == cell.id:
        raise GridEditError("not_neighbours")
    shape = gridedit.merge([heir.shape, cell.shape])
    board.end(cell.id)
    board.change(replace(heir, shape=shape))


def _line(line: Line) -> LineString:
    return LineString([position[:2] for position in line.coordinates])


def _shape(ground: Ground) -> BaseGeometry:
    try:
        return shapely.force_2d(shapely.geometry.shape(ground.model_dump()))
    except (ValueError, shapely.errors.GEOSException) as error:
        raise GridEditError("not_sound") from error
