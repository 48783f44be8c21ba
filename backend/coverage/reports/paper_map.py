"""The map on paper: grids filled by share, dead ground, roads, drawn as vectors.

Shapes in EPSG:4326; longitudes are shrunk by the cosine of the middle latitude, which is true to
scale at a county's size.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from fpdf import FPDF
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from .content import Content
from .palette import colour_of

#: left, top, width, height of the frame on the page, mm.
Frame = tuple[float, float, float, float]


def draw_map(
    paper: FPDF, content: Content, shares: Mapping[int, float | None], frame: Frame
) -> None:
    """Draw the grids of `content` into `frame`, north up."""
    if not content.grids:
        return
    place = _Placing(list(content.grids.values()), frame)
    paper.set_line_width(0.15)
    paper.set_draw_color(120, 130, 140)
    for grid, shape in content.grids.items():
        paper.set_fill_color(colour_of(shares.get(grid)))
        _fill(paper, place, shape, "DF")
    paper.set_draw_color(150, 160, 170)
    window = shapely.box(*shapely.total_bounds(list(content.grids.values())))
    for _, road in content.roads:
        _strokes(paper, place, shapely.intersection(road, window))
    paper.set_fill_color(60, 66, 72)
    for gap in content.gaps:
        _fill(paper, place, gap["shape"], "F")


class _Placing:
    """Degrees -> millimetres on the page."""

    def __init__(self, shapes: list[BaseGeometry], frame: Frame) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        left, top, wide, high = frame
        shrink = math.cos(math.radians((south + north) / 2.0))
        self._scale = min(wide / ((east - west) * shrink), high / (north - south))
        self._shrink, self._west, self._north = shrink, west, north
        self._left = left + (wide - (east - west) * shrink * self._scale) / 2.0
        self._top = top

    def __call__(self, shape: BaseGeometry) -> list[tuple[float, float]]:
        lonlat: NDArray[np.float64] = shapely.get_coordinates(shape)
        x = self._left + (lonlat[:, 0] - self._west) * self._shrink * self._scale
        y = self._top + (self._north - lonlat[:, 1]) * self._scale
        return list(zip(x.round(2).tolist(), y.round(2).tolist(), strict=True))


def _fill(paper: FPDF, place: _Placing, shape: BaseGeometry, style: str) -> None:
    for part in _polygons(shape):
        paper.polygon(place(part.exterior), style=style)  # type: ignore[attr-defined]


def _polygons(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    return (part for part in shapely.get_parts(shape) if part.geom_type == "Polygon")


def _strokes(paper: FPDF, place: _Placing, shape: BaseGeometry) -> None:
    for part in shapely.get_parts(shape):
        if part.geom_type == "LineString" and not part.is_empty:
            paper.polyline(place(part))
