"""Faults and mends of a set of the database, in the words of the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from gis.tilingmends import Mend, MendedTiling
from gis.tilingspots import Spot

from .checking import Checked, check, mend, mendable, mended_tiling
from .refusals import FaultGone, NothingToMend
from .report import told
from .schemas import (
    CodeFault,
    FaultKind,
    GridOutline,
    MendDone,
    MendOrder,
    MendPreview,
    TilingCounts,
    TilingFault,
    TilingPage,
)
from .sets import read_set, roads_within

_LISTED = 5000


def page(session: Session, name: str, span: tuple[int, int], threshold_m2: float) -> TilingPage:
    """Return the faults of a set, those at or above the threshold."""
    checked = check(read_set(session, name, span))
    report = told(checked, threshold_m2)
    faults = [fault for fault in _faults(checked) if fault.area_m2 >= threshold_m2]
    faults.sort(key=lambda fault: -fault.area_m2)
    return TilingPage(
        set_name=name,
        features=report["features"],
        plane=report["plane"],
        counts=TilingCounts(**report["counts"]),
        faults=faults[:_LISTED],
        codes=_code_faults(checked),
        is_cut=len(faults) > _LISTED,
    )


def preview(session: Session, order: MendOrder, span: tuple[int, int]) -> MendPreview:
    """Return what mending would do; nothing is written.

    Raises
    ------
    FaultGone
        If a fault named is no longer there.
    NothingToMend
        If no fault is left that can be mended.

    """
    checked = check(read_set(session, order.set_name, span))
    chosen = _chosen(checked, order)
    if not chosen:
        raise NothingToMend()
    mends = [one for _, one in chosen]
    lines = roads_within(session, [one.shape for one in mends]) if order.along_roads else None
    done = mend(checked, mends, lines)
    after = check(mended_tiling(checked.tiling, done))
    ids = checked.tiling.numbers
    return MendPreview(
        operations=_operations(checked, done),
        outlines=_outlines(checked, done),
        mends=[
            MendDone(key=key, kind=one.kind, to=[ids[row] for row in owners])
            for (key, one), owners in zip(chosen, done.owners, strict=True)
        ],
        left=TilingCounts(**told(after, 1.0)["counts"]),
    )


def _chosen(checked: Checked, order: MendOrder) -> list[tuple[str, Mend]]:
    known = {
        _key(one.kind, _ids(checked, one.rows), spot): (one, spot)
        for one, spot in _mendable(checked)
    }
    row_of = {number: row for row, number in enumerate(checked.tiling.numbers)}
    chosen: dict[str, Mend] = {}
    if order.bulk is not None:
        for key, (one, spot) in known.items():
            if one.kind in order.bulk.kinds and spot.area_m2 < order.bulk.below_m2:
                chosen[key] = one
    for wish in order.mends:
        if wish.key not in known:
            raise FaultGone(key=wish.key)
        one = known[wish.key][0]
        to = None if wish.to is None else row_of.get(wish.to)
        if wish.to is not None and to is None:
            raise FaultGone(key=wish.key)
        chosen[wish.key] = Mend(one.kind, one.rows, one.shape, to)
    return list(chosen.items())


def _mendable(checked: Checked) -> list[tuple[Mend, Spot]]:
    """What can be mended by redrawing; a grid that is nothing but a sliver is merged by hand."""
    whole = {id(p.spot) for p in checked.faults.pieces if p.is_whole}
    return [(one, spot) for one, spot in mendable(checked) if id(spot) not in whole]


def _operations(checked: Checked, done: MendedTiling) -> list[dict[str, Any]]:
    pieces = [
        {"grid_id": checked.tiling.numbers[row], "geometry": _geojson(shape)}
        for row, shape in sorted(done.changed.items())
        if not shape.is_empty
    ]
    # All in one: between two operations the ground would lie open or be held twice.
    return [{"op": "redraw", "pieces": pieces}] if pieces else []


def _outlines(checked: Checked, done: MendedTiling) -> list[GridOutline]:
    tiling, plane = checked.tiling, checked.faults.plane
    rows = [row for row in sorted(done.changed) if not done.changed[row].is_empty]
    old = np.array([tiling.shapes[row] for row in rows], dtype=object)
    new = np.array([done.changed[row] for row in rows], dtype=object)
    # In degrees, where a corner added on a straight border changes nothing; then to the plane.
    scale = shapely.area(plane.to_metric(old)) / shapely.area(old)
    grown = (shapely.area(new) - shapely.area(old)) * scale
    return [
        GridOutline(
            grid_id=tiling.numbers[row],
            code=str(tiling.label(row)),
            before=_geojson(old[k]),
            after=_geojson(new[k]),
            area_change_m2=round(float(grown[k]), 3),
        )
        for k, row in enumerate(rows)
    ]


def _faults(checked: Checked) -> list[TilingFault]:
    parents = checked.tiling.parents
    can = {id(spot) for _, spot in _mendable(checked)}
    found: list[TilingFault] = []

    def add(kind: FaultKind, rows: Iterable[int], spot: Spot, **more: Any) -> None:
        found.append(_fault(checked, kind, tuple(rows), spot, is_mendable=id(spot) in can, **more))

    for overlap in checked.faults.overlaps:
        add("overlap", (overlap.a, overlap.b), overlap.spot)
    for gap in checked.faults.gaps:
        add("gap", gap.neighbours, gap.spot)
    for piece in checked.faults.pieces:
        add("sliver" if piece.spot.is_sliver else "piece", (piece.row,), piece.spot)
    if parents is not None:
        for leaving in checked.leaving:
            more = {"share": leaving.share, "parent": parents.codes[leaving.parent]}
            add("parent", (leaving.row,), leaving.spot, **more)
        for left in checked.unfilled:
            add("unfilled", (), left.spot, share=left.share, parent=parents.codes[left.parent])
    return found


def _fault(
    checked: Checked,
    kind: FaultKind,
    rows: tuple[int, ...],
    spot: Spot,
    *,
    is_mendable: bool,
    share: float | None = None,
    parent: str | None = None,
) -> TilingFault:
    ids = _ids(checked, rows)
    return TilingFault(
        key=_key(kind, ids, spot),
        kind=kind,
        grid_ids=ids,
        codes=[str(checked.tiling.label(row)) for row in rows],
        area_m2=round(spot.area_m2, 4),
        ground_m2=round(spot.ground_m2, 4),
        width_m=round(spot.width_m, 3),
        is_sliver=spot.is_sliver,
        can_be_mended=is_mendable,
        share=None if share is None else round(share, 6),
        parent=parent,
        lon=spot.lon,
        lat=spot.lat,
        geometry=_geojson(spot.shape),
    )


def _code_faults(checked: Checked) -> list[CodeFault]:
    ids = checked.tiling.numbers
    twice = [
        CodeFault(code=found.code, grid_ids=[ids[row] for row in found.rows], reason="twice")
        for found in checked.duplicates
    ]
    return twice + [
        CodeFault(code=found.code, grid_ids=[ids[found.row]], reason=found.reason)
        for found in checked.malformed
    ]


def _ids(checked: Checked, rows: Iterable[int]) -> list[int]:
    return [checked.tiling.numbers[row] for row in rows]


def _key(kind: str, ids: list[int], spot: Spot) -> str:
    """Name of a fault: the same in two checks of the same grids."""
    return f"{kind}:{','.join(map(str, ids[:8]))}:{spot.lon:.7f},{spot.lat:.7f}"


def _geojson(shape: BaseGeometry) -> dict[str, Any]:
    # Every digit: a corner shared with a neighbour must stay shared.
    return dict(shapely.geometry.mapping(shape))
