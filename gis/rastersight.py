"""Cells that one camera pose sees over terrain: a line of sight to each; kernels, metres.

The rule of `gis.sight`, asked at cell centres.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gis.compiled import compiled
from gis.handle import Handle
from gis.obstacles import Ints, Obstacles
from gis.rasterbands import PERHAPS, SURE, grade
from gis.rastercasts import Casts
from gis.rasterfill import Cells, Window, nothing_of, range_box, to_plane
from gis.rastertile import BUILT, Planes, enter, new_planes, paint_buildings
from gis.sightjudge import bearing_of, picture_verdict, sight_end_of
from gis.sightray import line_between
from gis.terrain import Relief, Terrain
from gis.town import Town

_CERTAIN, _BLOCKED = 0, 2
_CLEAR = 0
_UNSEEN = 0


@compiled
def see_over(scene: tuple[Handle, Handle], casts: Casts, i: int, tile: Window, mask: Any) -> Window:
    """Mark in the mask what a pose sees, as `gis.rasterview.see`; returns the window written.

    The scene is `Obstacles.handle` and `Terrain.handle`.
    """
    town, relief = scene[0].arrays, scene[1].arrays
    pose, reach = casts.rows[i], casts.looks.range_m[i]
    box = range_box((casts.u[i], casts.v[i], reach), tile)
    for row in range(box.row0, box.row1):
        dv = (row + 0.5) * tile.cell_m - casts.v[i]
        for col in range(box.col0, box.col1):
            du = (col + 0.5) * tile.cell_m - casts.u[i]
            seen = _UNSEEN
            if du * du + dv * dv <= reach * reach:
                x, y = to_plane((col + 0.5) * tile.cell_m, (row + 0.5) * tile.cell_m)
                seen = _seen((town, relief), pose, (x, y, casts.target_m))
            mask[row - tile.row0, col - tile.col0] = seen
    return box


@compiled
def _seen(scene: tuple[Town, Relief], pose: Any, target: tuple[float, float, float]) -> int:
    town, relief = scene
    ends = (pose.x, pose.y, pose.height_m, target[0], target[1], target[2])
    line = line_between(relief, ends)
    bearing = bearing_of(line.ux, line.uy, line.length_m, pose.convergence_deg)
    verdict, _ = picture_verdict(pose, line.length_m, bearing, line.z0 - line.z1)
    if verdict == _BLOCKED:
        return _UNSEEN
    cause, _, _, is_inside = sight_end_of(town, relief, line)
    if cause != _CLEAR:
        return _UNSEEN
    return SURE if verdict == _CERTAIN and not is_inside else PERHAPS


def cover_over(
    obstacles: Obstacles,
    terrain: Terrain,
    casts: Casts,
    chosen: Ints,
    frame: tuple[Window, Cells],
) -> Planes:
    """`gis.rastertile.cover` over terrain; a loop in Python, since a pose takes milliseconds.

    `frame` is the tile and the wanted ground.
    """
    tile, wanted = frame
    scene = (obstacles.handle, terrain.handle)
    planes = new_planes(tile, len(chosen), wanted)
    mask, sure, perhaps = np.zeros((3, *planes.first.shape), dtype=np.uint8)
    sheets = (sure, perhaps)
    touched, camera = nothing_of(tile), 0
    for k, i in enumerate(chosen):
        box = see_over(scene, casts, i, tile, mask)
        touched = grade(mask, casts, i, (box, tile, touched), sheets)
        if k + 1 == len(chosen) or casts.camera[chosen[k + 1]] != casts.camera[i]:
            enter(planes, sheets, (touched, tile, tile), (camera, wanted))
            touched, camera = nothing_of(tile), camera + 1
    paint_buildings(obstacles.walls, planes.perhaps, tile, BUILT)
    return planes
