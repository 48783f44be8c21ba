"""Which PTZ cameras could see a place: within reach of their zoom, with a clear line of sight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.optics import assumed_range_m
from gis.sight import judged
from gis.terrain import ground_height_m

from ...access import Principal
from ...settings import load
from .. import lookout
from ..models import Camera
from .headrows import lens_of
from .models import Head
from .planning import Target
from .schemas import AimOrder

_MOST = 64
"""PTZ cameras asked at once; beyond the nearest ones nobody looks at the pictures."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A PTZ camera near a place, and why it cannot serve (a code), None when it can."""

    camera: Camera
    distance_m: float
    obstacle: str | None


def target_of(session: Session, order: AimOrder) -> Target:
    """Return the place asked for, in the scene's metres."""
    watch, scene = lookout.current(session)
    x, y = (float(v) for v in watch.frame.to_metric(order.lon, order.lat))
    ground = 0.0
    if scene.terrain is not None:
        ground = float(np.nan_to_num(ground_height_m(scene.terrain, [x], [y]))[0])
    height = load().sight.target_height_m if order.height_m is None else order.height_m
    return Target(order.lon, order.lat, x, y, ground, height, order.width_m)


def candidates(
    session: Session, user: Principal, target: Target, only: list[int] | None
) -> list[Candidate]:
    """Return the PTZ cameras of the jurisdiction near a place, nearest first.

    Those named in `only` are always among them; of the others, those within their zoom's reach.
    """
    watch, scene = lookout.current(session)
    division = watch.division_code[watch.turnable]
    rows = watch.turnable[(division >= user.scope.low) & (division <= user.scope.high)]
    _, first = np.unique(watch.camera_id[rows], return_index=True)
    rows = rows[first]
    if only is not None:
        rows = rows[np.isin(watch.camera_id[rows], only)]
    distance = np.hypot(watch.x[rows] - target.x, watch.y[rows] - target.y)
    near = np.argsort(distance, kind="stable")
    near = near[distance[near] <= load().sight.ptz_radius_m] if only is None else near
    rows = rows[near][: _MOST * 4]
    seen = judged(
        watch.poses,
        scene.obstacles,
        scene.terrain,
        target.x,
        target.y,
        chosen=rows,
        target_height_m=target.height_m,
    )
    ids = [int(watch.camera_id[row]) for row in rows]
    known = {c.id: c for c in session.scalars(select(Camera).where(Camera.id.in_(ids)))}
    heads = {h.camera_id: h for h in session.scalars(select(Head).where(Head.camera_id.in_(ids)))}
    found = []
    for i, camera_id in enumerate(ids):
        if camera_id not in known:  # gone since the poses were read
            continue
        width_px = float(watch.poses.width_px[rows[i]])
        far_m = max(float(watch.poses.range_m[rows[i]]), _reach_m(heads.get(camera_id), width_px))
        is_far = float(seen.distance_m[i]) > far_m
        if is_far and only is None:
            continue
        obstacle = _obstacle(known[camera_id], is_far=is_far, is_clear=bool(seen.line_clear[i]))
        found.append(Candidate(known[camera_id], float(seen.distance_m[i]), obstacle))
    return found[:_MOST]


def _reach_m(head: Head | None, width_px: float) -> float:
    """Return how far a zoom reaches; of a device never asked, that of an ordinary dome."""
    sight = load().sight
    narrowest = lens_of(head).narrowest_deg if head is not None else sight.fov_deg / 10.0
    return float(assumed_range_m(narrowest, width_px, px_per_m=sight.least_px_per_m))


def _obstacle(camera: Camera, *, is_far: bool, is_clear: bool) -> str | None:
    """Return the first reason for which a camera is left alone."""
    if is_far:
        return "ptz.too_far"
    if not is_clear:
        return "ptz.blocked"
    if camera.device is None:
        return "ptz.not_enrolled"
    if camera.is_alive is False:
        return "ptz.dead"
    # Where a view is in doubt because somebody moved it, so are its numbers; covered is covered.
    return "ptz.view_fault" if camera.view_fault is not None else None
