"""Where cameras are forbidden or need consent (Order 799 Art. 8, 10); all invented (metres)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import shapely
from shapely import Point, Polygon

from .cameras import Camera
from .places import Scene

# Views are judged on the ground in front: a dormitory's forbidden ground reaches to its windows.
_BEFORE_WINDOWS_M = 3.0
_NEAR_SECRET_M = 150.0
_HOMES = ("宿舍楼", "福利院")


@dataclass(frozen=True, slots=True)
class Area:
    """Forbidden ground, or ground near a secret unit; `document` is the consent on file."""

    name: str
    kind: str
    document: str | None
    polygon: Polygon


def lay_restricted(scene: Scene, cameras: list[Camera]) -> list[Area]:
    """Dormitories and homes, and the surroundings of two secret units, one of them without consent.

    No camera of the county stands where it must not: the law is older than its registry.
    """
    posts = shapely.STRtree([camera.at for camera in cameras])
    areas = [*_homes(scene), *_near_secret_units(scene, posts)]
    return [
        area
        for area in areas
        if area.document or posts.query(area.polygon, predicate="intersects").size == 0
    ]


def _homes(scene: Scene) -> Iterator[Area]:
    for building in scene.buildings:
        if building.name.endswith(_HOMES):
            ground = building.polygon.buffer(_BEFORE_WINDOWS_M, join_style="mitre")
            yield Area(building.name, "禁设", None, ground)


def _near_secret_units(scene: Scene, posts: shapely.STRtree) -> Iterator[Area]:
    site = next(s for s in scene.sites if s.name.endswith("粮食储备库"))
    yield _around("涉密单位甲周边", site.block.polygon.centroid, "云保函〔2026〕3号")
    lonely = max(scene.hamlets, key=lambda hamlet: _way_to(posts, Point(hamlet.at)))
    yield _around("涉密单位乙周边", Point(lonely.at), None)


def _way_to(posts: shapely.STRtree, at: Point) -> float:
    nearest = posts.geometries[posts.nearest(at)]
    return float(nearest.distance(at))


def _around(name: str, at: Point, document: str | None) -> Area:
    return Area(name, "征求同意", document, at.buffer(_NEAR_SECRET_M, quad_segs=8))
