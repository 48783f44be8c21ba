"""What stands against a planned camera: the law, walls round it, ground others see already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import Point
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame
from gis.viewshed import Viewshed
from gis.visibility import Standing

from ...access import Principal
from ...db import WHOLE_LAND
from ...divisions.assigning import NOWHERE
from ...divisions.locating import division_at
from ...restricted.law import Restriction, restrictions
from .schemas import Change, Warned

MUCH_OVERLAP = 0.5
"""From here on a planned camera mostly repeats others (Order 799 Art. 6: no duplicate building)."""
LEAST_INTRUSION_M2 = 1.0

_FORBIDDEN = text(
    "SELECT id, name, ST_AsBinary(geom) AS shape FROM restricted_areas"
    " WHERE kind = 'forbidden' AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
    " AND division_code BETWEEN :low AND :high ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Viewed:
    """A change with the viewsheds of its sensors, in metres of `frame`; none for a removed one."""

    change: Change
    lon: float
    lat: float
    frame: LocalFrame
    sheds: tuple[Viewshed, ...]
    overlap_share: float | None


def objections(session: Session, by: Principal, viewed: Sequence[Viewed]) -> list[Warned]:
    """Return the warnings of all changes, in their order, the law's first."""
    standing = [each for each in viewed if each.sheds]
    if not standing:
        return []
    found: dict[str, list[Warned]] = {each.change.label: [] for each in standing}
    barred = restrictions(session, [Point(each.lon, each.lat) for each in standing])
    for index, restriction in barred.items():
        label = standing[index].change.label
        found[label].append(_barred(label, restriction))
    for label, area, area_m2 in _intrusions(session, by, standing):
        found[label].append(
            Warned(
                key=label,
                code="view_enters_forbidden",
                zh=f"视野进入禁设区域“{area}”约 {area_m2:.0f} 平方米（《条例》第八条）。",
                en=f"The view enters the forbidden area {area} by {area_m2:.0f} m2 (Art. 8).",
                detail={"area": area, "area_m2": round(area_m2, 1)},
            )
        )
    for each in standing:
        found[each.change.label] += _own_faults(session, by, each)
    return [warning for warnings in found.values() for warning in warnings]


def _barred(label: str, restriction: Restriction) -> Warned:
    detail = {"area": restriction.name, "area_id": restriction.area_id}
    if restriction.kind == "forbidden":
        return Warned(
            key=label,
            code="forbidden_area",
            zh=f"位于禁设区域“{restriction.name}”内（《条例》第八条），不能在此安装。",
            en=f"Stands in the forbidden area {restriction.name} (Order 799 Art. 8).",
            detail=detail,
        )
    return Warned(
        key=label,
        code="consent_area",
        zh=f"位于“{restriction.name}”周边，须先征求同意（《条例》第十条）。",
        en=f"Stands in {restriction.name}, where consent is needed first (Order 799 Art. 10).",
        detail=detail,
    )


def _intrusions(
    session: Session, by: Principal, standing: Sequence[Viewed]
) -> list[tuple[str, str, float]]:
    """Return the label of each change whose view enters a forbidden area, its name and the m2."""
    frame = standing[0].frame
    grounds = np.array([_ground(each) for each in standing], dtype=object)
    filled = np.flatnonzero(~shapely.is_empty(grounds))
    if not len(filled):
        return []
    lonlat = shapely.bounds(frame.geometry_to_lonlat(grounds[filled]))
    west, south = lonlat[:, :2].min(axis=0)
    east, north = lonlat[:, 2:].max(axis=0)
    box = {"west": west, "south": south, "east": east, "north": north}
    span = {"low": by.scope.low, "high": by.scope.high}
    areas = session.execute(_FORBIDDEN, {**{k: float(v) for k, v in box.items()}, **span}).all()
    if not areas:
        return []
    shapes = np.empty(len(areas), dtype=object)
    shapes[:] = shapely.from_wkb([row.shape for row in areas])
    shapes = frame.geometry_to_metric(shapes)
    at, area = shapely.STRtree(shapes).query(grounds[filled], predicate="intersects")
    entered = shapely.area(shapely.intersection(grounds[filled][at], shapes[area]))
    return [
        (standing[filled[i]].change.label, areas[a].name, float(m2))
        for i, a, m2 in zip(at, area, entered, strict=True)
        if m2 >= LEAST_INTRUSION_M2
    ]


def _ground(viewed: Viewed) -> Any:
    return shapely.union_all([g for shed in viewed.sheds for g in (shed.certain, shed.possible)])


def _own_faults(session: Session, by: Principal, viewed: Viewed) -> list[Warned]:
    label, found = viewed.change.label, []
    if any(shed.standing is Standing.INSIDE_BUILDING for shed in viewed.sheds):
        found.append(
            Warned(
                key=label,
                code="inside_building",
                zh="位于建筑物内部、屋顶以下，看不到街面：请移到墙外，或抬高到屋顶以上。",
                en="Stands inside a building below its roof: move it outside, or above the roof.",
            )
        )
    if _is_outside(session, by, viewed):
        found.append(
            Warned(
                key=label,
                code="outside_jurisdiction",
                zh="位置不在您的辖区内，方案无法实施：请移回辖区，或请上级账号操作。",
                en="Lies outside your jurisdiction and cannot be applied: move it back inside.",
            )
        )
    share = viewed.overlap_share
    if share is not None and share >= MUCH_OVERLAP:
        found.append(
            Warned(
                key=label,
                code="overlap",
                zh=f"可见地面的 {share:.0%} 已有其他摄像机覆盖，应避免重复建设（第六条）。",
                en=f"{share:.0%} of the ground it sees is seen by others already (Art. 6).",
                detail={"share": round(share, 4)},
            )
        )
    return found


def _is_outside(session: Session, by: Principal, viewed: Viewed) -> bool:
    if viewed.change.lon is None or (by.scope.low, by.scope.high) == WHOLE_LAND:
        return False
    return not by.covers(division_at(session, viewed.lon, viewed.lat) or NOWHERE)
