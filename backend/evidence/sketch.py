"""示意图: a self-contained SVG of what the camera saw, from its stored viewshed.

Metres on a plane round the camera (equirectangular: within the few kilometres of a camera's view
the error is below a metre). North is up.
"""

import json
import math
from dataclasses import dataclass
from html import escape
from typing import Any

import shapely
from shapely.affinity import affine_transform
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

_SIDE_PX, _MARGIN_PX = 720, 24
_LEAST_REACH_M, _MOST_REACH_M = 80.0, 1500.0
_M_PER_DEG = 111_320.0
_MOST_SHAPES = 600

_SEEN = text(
    "SELECT ST_AsGeoJSON(certain, 7) AS certain, ST_AsGeoJSON(possible, 7) AS possible, computed_at"
    " FROM viewsheds WHERE camera_id = :camera_id ORDER BY pose_id"
)
# Index: buildings_geom_idx and roads_geom_idx, by the box alone.
_GROUND = {
    "building": text(
        "SELECT ST_AsGeoJSON(geom, 7) FROM buildings"
        " WHERE geom && ST_MakeEnvelope(:w, :s, :e, :n, 4326) LIMIT :most"
    ),
    "road": text(
        "SELECT ST_AsGeoJSON(geom, 7) FROM roads"
        " WHERE geom && ST_MakeEnvelope(:w, :s, :e, :n, 4326) LIMIT :most"
    ),
}
_STYLE = (
    "text{font:13px 'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;fill:#1f2933}"
    ".road{fill:none;stroke:#c9ced6;stroke-width:4}.building{fill:#dfe3e8;stroke:#b8c0ca}"
    ".possible{fill:#2f7ed8;fill-opacity:.14;stroke:#2f7ed8;stroke-dasharray:5 4}"
    ".certain{fill:#2f7ed8;fill-opacity:.34;stroke:#2f7ed8}"
    ".incident{fill:none;stroke:#d64545;stroke-width:3}.camera{fill:#1f2933}"
)
_LEGEND = (
    ("certain", "确定可见 certainly seen"),
    ("possible", "可能可见 possibly seen"),
    ("building", "建筑 building"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A point with its caption, EPSG:4326."""

    lon: float
    lat: float
    caption: str


@dataclass(frozen=True, slots=True)
class _Paper:
    """From degrees to pixels: `reach_m` metres lie between the camera and the edge."""

    centre: Place
    reach_m: float

    @property
    def px_per_m(self) -> float:
        return (_SIDE_PX / 2 - _MARGIN_PX) / self.reach_m

    def moved(self, shape: BaseGeometry) -> BaseGeometry:
        north = _M_PER_DEG * self.px_per_m
        east = north * math.cos(math.radians(self.centre.lat))
        middle = _SIDE_PX / 2
        shift = middle - east * self.centre.lon, middle + north * self.centre.lat
        return affine_transform(shape, [east, 0, 0, -north, *shift])


def draw(session: Session, camera_id: int, camera: Place, incident: Place) -> str:
    """Return the sketch of a camera's view with the place of the incident, as SVG."""
    sheds = session.execute(_SEEN, {"camera_id": camera_id}).all()
    seen = [
        (kind, shapely.from_geojson(getattr(row, kind)))
        for kind in ("possible", "certain")
        for row in sheds
        if getattr(row, kind) is not None
    ]
    paper = _Paper(camera, _reach(camera, incident, [shape for _, shape in seen]))
    drawn = _ground(session, paper) + [(kind, paper.moved(shape)) for kind, shape in seen]
    computed_at = max((row.computed_at for row in sheds), default=None)
    note = (
        "可视域未知 view unknown" if computed_at is None else f"可视域 view {computed_at:%F %T%z}"
    )
    return _page(paper, drawn, incident, note)


def _reach(camera: Place, incident: Place, shapes: list[BaseGeometry]) -> float:
    points = [(incident.lon, incident.lat), *(shapely.get_coordinates(shapes).tolist())]
    east = _M_PER_DEG * math.cos(math.radians(camera.lat))
    far = max(
        math.hypot((lon - camera.lon) * east, (lat - camera.lat) * _M_PER_DEG)
        for lon, lat in points
    )
    return min(max(far * 1.08, _LEAST_REACH_M), _MOST_REACH_M)


def _ground(session: Session, paper: _Paper) -> list[tuple[str, BaseGeometry]]:
    height = paper.reach_m / _M_PER_DEG
    width = height / math.cos(math.radians(paper.centre.lat))
    box = {
        "w": paper.centre.lon - width,
        "e": paper.centre.lon + width,
        "s": paper.centre.lat - height,
        "n": paper.centre.lat + height,
        "most": _MOST_SHAPES,
    }
    return [
        (kind, paper.moved(shapely.from_geojson(shape)))
        for kind in ("road", "building")
        for shape in session.scalars(_GROUND[kind], box)
    ]


def _page(paper: _Paper, drawn: list[tuple[str, BaseGeometry]], incident: Place, note: str) -> str:
    middle = _SIDE_PX / 2
    target: Any = paper.moved(shapely.Point(incident.lon, incident.lat))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE_PX} {_SIDE_PX + 96}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_SIDE_PX}" height="{_SIDE_PX + 96}" fill="#fff"/>',
        f'<svg width="{_SIDE_PX}" height="{_SIDE_PX}" viewBox="0 0 {_SIDE_PX} {_SIDE_PX}">',
        *(f'<path class="{kind}" d="{_path(shape)}"/>' for kind, shape in drawn),
        f'<circle class="incident" cx="{target.x:.1f}" cy="{target.y:.1f}" r="9"/>',
        f'<text x="{target.x + 14:.1f}" y="{target.y + 5:.1f}">{escape(incident.caption)}</text>',
        f'<circle class="camera" cx="{middle}" cy="{middle}" r="6"/>',
        f'<text x="{middle + 12}" y="{middle - 8}">{escape(paper.centre.caption)}</text>',
        "</svg>",
        *_footer(paper, note),
        "</svg>",
    ]
    return "\n".join(lines)


def _footer(paper: _Paper, note: str) -> list[str]:
    """Return scale, north arrow, legend and the note below the map."""
    step = next(m for m in (500, 200, 100, 50, 20, 10) if m * paper.px_per_m < 240 or m == 10)
    top, right = _SIDE_PX + 34, 24 + step * paper.px_per_m
    legend = [
        f'<rect class="{kind}" x="{24 + 220 * n}" y="{top + 16}" width="22" height="14"/>'
        f'<text x="{54 + 220 * n}" y="{top + 28}">{words}</text>'
        for n, (kind, words) in enumerate(_LEGEND)
    ]
    return [
        f'<path d="M24 {top - 8}V{top}H{right:.1f}V{top - 8}" fill="none" stroke="#1f2933"/>',
        f'<text x="{right + 8:.1f}" y="{top + 2}">{step} m</text>',
        f'<text x="{_SIDE_PX - 24}" y="{top + 2}" text-anchor="end">北 N ↑</text>',
        *legend,
        f'<text x="24" y="{top + 52}">{escape(note)}</text>',
    ]


def _path(shape: BaseGeometry) -> str:
    """Return a shape's outline as an SVG path, to a tenth of a pixel."""
    rings: list[Any] = json.loads(shapely.to_geojson(shape))["coordinates"]
    while rings and isinstance(rings[0][0][0], list):
        rings = [ring for polygon in rings for ring in polygon]
    if rings and not isinstance(rings[0][0], list):
        rings = [rings]
    closing = "Z" if shape.geom_type.endswith("Polygon") else ""
    return "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, *_ in ring) + closing for ring in rings
    )
