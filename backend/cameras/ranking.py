"""Which cameras see a place, best first, and why the others do not.

Order: certain before possible before blocked; alive before untried before dead; then picture
density, then distance. Candidates come from the poses in memory; who they are, and whether the
caller may know of them, comes from the database under the caller's jurisdiction.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.obstacles import building_at
from gis.optics import density_band
from gis.sight import Reason, Seen, Verdict, judged, seeing

from ..basemap.scene import Scene
from ..db import WHOLE_LAND, Scope
from ..errors import Language
from ..settings import load
from . import lookout
from .lookout import ASSUMED, Lookout
from .reasons import sentence, withdrawal, word_of
from .schemas import NearestPtz, SeeingCamera, SightAnswer, SightWord

_SIGHT: dict[Verdict, SightWord] = {
    Verdict.CERTAIN: "certain",
    Verdict.POSSIBLE: "possible",
    Verdict.BLOCKED: "blocked",
}
_ALIVE_RANK = {True: 0, None: 1, False: 2}
_PTZ_ASKED = 12
"""PTZ cameras whose line is traced; beyond the nearest dozen none is worth turning."""

_WHO = text(
    "SELECT id, name, ST_X(geom) AS lon, ST_Y(geom) AS lat, is_alive, has_ptz, view_fault"
    " FROM cameras WHERE id = ANY(:ids)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The place asked about, in degrees and in the scene's metres, and how the answer reads."""

    lon: float
    lat: float
    x: float
    y: float
    limit: int
    language: Language


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates of one question: where they stand, what they see, who they are."""

    watch: Lookout
    scene: Scene
    seen: Seen
    who: dict[int, Any]


def rank(
    session: Session,
    scope: Scope | None,
    lon: float,
    lat: float,
    *,
    limit: int = 10,
    language: Language = "zh",
) -> SightAnswer:
    """Return the cameras that see a place, best first, then those that do not, with the reason."""
    watch, scene = lookout.current(session)
    x, y = (float(v) for v in watch.frame.to_metric(lon, lat))
    asked = Asked(lon, lat, x, y, limit, language)
    sight = load().sight
    seen = seeing(
        watch.poses,
        scene.obstacles,
        scene.terrain,
        x,
        y,
        target_height_m=sight.target_height_m,
        search_radius_m=sight.search_radius_m,
    )
    low, high = (scope.low, scope.high) if scope else WHOLE_LAND
    division = watch.division_code[seen.pose]
    rows = _best_poses(watch, seen, np.flatnonzero((division >= low) & (division <= high)))
    rows = _shortlist(seen, rows, limit)
    turnable = _nearest_turnable(watch, asked, (low, high))
    ids = {int(watch.camera_id[p]) for p in [*seen.pose[rows], *turnable]}
    who = {row.id: row for row in session.execute(_WHO, {"ids": list(ids)})}
    known = [i for i in rows if int(watch.camera_id[seen.pose[i]]) in who]
    found = Found(watch, scene, seen, who)
    known.sort(key=lambda i: _order(found, i))
    cameras = [_dressed(found, i, language) for i in known[:limit]]
    inside = building_at(scene.obstacles, x, y)
    return SightAnswer(
        lon=lon,
        lat=lat,
        cameras=cameras,
        nearest_ptz=_nearest_ptz(watch, scene, asked, turnable, who),
        none_sees=all(_verdict(found, i) == Verdict.BLOCKED for i in known),
        place_in_building=int(scene.obstacles.ids[inside]) if inside >= 0 else None,
        computed_at=datetime.now(UTC),
    )


def _best_poses(watch: Lookout, seen: Seen, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return one row a camera: of several sensors, the one that sees best."""
    density = np.nan_to_num(seen.pixels_per_m[rows])
    camera = watch.camera_id[seen.pose[rows]]
    order = np.lexsort((-density, seen.verdict[rows], camera))
    _, first = np.unique(camera[order], return_index=True)
    return rows[order[first]]


def _shortlist(seen: Seen, rows: NDArray[np.intp], limit: int) -> NDArray[np.intp]:
    """Return all that see, and of those that do not as many of the nearest as can be shown."""
    sees = seen.verdict[rows] != Verdict.BLOCKED
    blind = rows[~sees]
    nearest = blind[np.argsort(seen.distance_m[blind], kind="stable")][: 2 * limit]
    return np.concatenate([rows[sees], nearest])


def _dressed(found: Found, i: int, language: Language) -> SeeingCamera:
    watch, seen = found.watch, found.seen
    pose = int(seen.pose[i])
    row = found.who[int(watch.camera_id[pose])]
    verdict = _verdict(found, i)
    is_withdrawn = verdict != Verdict(seen.verdict[i])
    detail = _detail(found, i)
    density = float(seen.pixels_per_m[i])
    word = withdrawal(row.view_fault) if is_withdrawn else word_of(Reason(seen.reason[i]))
    return SeeingCamera(
        camera_id=row.id,
        name=row.name,
        lon=row.lon,
        lat=row.lat,
        distance_m=round(float(seen.distance_m[i]), 2),
        bearing_deg=round(float(seen.bearing_deg[i]), 2) % 360.0,
        sight=_SIGHT[verdict],
        reason=word,
        reason_text=sentence(word, language, detail),
        reason_detail=detail,
        pixels_per_m=None if math.isnan(density) else round(density, 1),
        density_band=None if math.isnan(density) else density_band(density),
        alive=row.is_alive,
        has_ptz=row.has_ptz,
        sensor_no=int(watch.sensor_no[pose]),
        assumed=[name for name, is_so in zip(ASSUMED, watch.assumed[pose], strict=True) if is_so],
    )


def _verdict(found: Found, i: int) -> Verdict:
    """Return what a camera sees of the place; one whose viewshed is withdrawn sees nothing."""
    row = found.who[int(found.watch.camera_id[found.seen.pose[i]])]
    return Verdict(found.seen.verdict[i]) if row.view_fault is None else Verdict.BLOCKED


def _detail(found: Found, i: int) -> dict[str, float | int]:
    """Return the figures behind a reason, those that are known."""
    watch, scene, seen = found.watch, found.scene, found.seen
    pose = int(seen.pose[i])
    poses = watch.poses
    off_axis = (seen.bearing_deg[i] - poses.azimuth_deg[pose] + 180.0) % 360.0 - 180.0
    figures: dict[str, float | int] = {
        "distance_m": round(float(seen.distance_m[i]), 1),
        "range_m": round(float(poses.range_m[pose]), 1),
        "azimuth_error_deg": float(poses.azimuth_error_deg[pose] + poses.fov_error_deg[pose] / 2),
    }
    # Within the widest field the place is out of it above or below, not beside: no angle helps.
    if abs(off_axis) > poses.fov_deg[pose] / 2 + figures["azimuth_error_deg"]:
        figures["off_axis_deg"] = round(abs(float(off_axis)), 1)
    building = int(seen.blocked_by[i])
    if building < 0 and seen.reason[i] == Reason.INSIDE_BUILDING:
        building = building_at(scene.obstacles, float(watch.x[pose]), float(watch.y[pose]))
    if building >= 0:
        figures["building_id"] = int(scene.obstacles.ids[building])
    if not math.isnan(seen.blocked_at_m[i]):
        figures["blocked_at_m"] = round(float(seen.blocked_at_m[i]), 1)
    return figures


def _order(found: Found, i: int) -> tuple[int, int, float, float]:
    """Return the sort key of a candidate: sight, state, density, distance."""
    seen = found.seen
    verdict = int(_verdict(found, i))
    alive = _ALIVE_RANK[found.who[int(found.watch.camera_id[seen.pose[i]])].is_alive]
    density = float(seen.pixels_per_m[i])
    if verdict == Verdict.BLOCKED or math.isnan(density):
        density = 0.0  # how dense its picture would be says nothing of a camera that does not see
    return verdict, alive, -density, float(seen.distance_m[i])


def _nearest_turnable(watch: Lookout, asked: Asked, span: tuple[int, int]) -> NDArray[np.intp]:
    """Return the poses of the nearest PTZ cameras in the caller's jurisdiction."""
    low, high = span
    division = watch.division_code[watch.turnable]
    rows = watch.turnable[(division >= low) & (division <= high)]
    distance = np.hypot(watch.x[rows] - asked.x, watch.y[rows] - asked.y)
    is_near = distance <= load().sight.ptz_radius_m
    rows, distance = rows[is_near], distance[is_near]
    if rows.size > _PTZ_ASKED:
        rows = rows[np.argpartition(distance, _PTZ_ASKED)[:_PTZ_ASKED]]
    return rows


def _nearest_ptz(
    watch: Lookout, scene: Scene, asked: Asked, rows: NDArray[np.intp], who: dict[int, Any]
) -> NearestPtz | None:
    """Return the nearest PTZ with a clear line within its range, else the nearest of all."""
    rows = np.array([r for r in rows if int(watch.camera_id[r]) in who], dtype=np.intp)
    if not rows.size:
        return None
    seen = judged(watch.poses, scene.obstacles, scene.terrain, asked.x, asked.y, chosen=rows)
    useful = seen.line_clear & (seen.distance_m <= watch.poses.range_m[rows])
    dead = np.array([who[int(watch.camera_id[r])].is_alive is False for r in rows])
    best = int(np.lexsort((seen.distance_m, dead, ~useful))[0])
    row = who[int(watch.camera_id[rows[best]])]
    return NearestPtz(
        camera_id=row.id,
        name=row.name,
        lon=row.lon,
        lat=row.lat,
        distance_m=round(float(seen.distance_m[best]), 2),
        bearing_deg=round(float(seen.bearing_deg[best]), 2) % 360.0,
        line_clear=bool(seen.line_clear[best]),
        alive=row.is_alive,
    )
