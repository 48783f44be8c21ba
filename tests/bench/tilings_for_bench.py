"""Irregular tilings: shapes of 48 corners, borders shared, some broken on purpose."""

import numpy as np
import shapely

SIDE_M = 1000.0


def irregular_tiling(rng: np.random.Generator, *, columns: int, rows: int) -> np.ndarray:
    """A tiling of `columns` by `rows` kilometres, metres."""
    corners = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    corners += rng.uniform(-0.25, 0.25, corners.shape)
    sides = {}
    for axis, across in ((0, (0, 1)), (1, (1, 0))):
        ends = corners[1:] if axis else corners[:, 1:]
        starts = corners[:-1] if axis else corners[:, :-1]
        share = np.linspace(0, 1, 13)[:-1, None]
        line = starts[..., None, :] * (1 - share) + ends[..., None, :] * share
        line[..., 1:, :] += rng.uniform(-0.02, 0.02, line[..., 1:, :].shape)
        sides[across] = line, ends
    east, north = sides[0, 1], sides[1, 0]
    shapes = []
    for row in range(rows):
        for col in range(columns):
            south, right = east[0][row, col], north[0][row, col + 1]
            top = np.vstack([east[0][row + 1, col][1:], east[1][row + 1, col]])[::-1]
            left = np.vstack([north[0][row, col][1:], north[1][row, col]])[::-1]
            shapes.append(shapely.Polygon(np.vstack([south, right, top, left]) * SIDE_M))
    return np.array(shapes, dtype=object)


def broken_tiling(tiles: np.ndarray, rng: np.random.Generator, *, shifted: int, left_out: int):
    """The tiling with some grids shifted by some metres and some left out."""
    made = tiles.copy()
    for row in rng.choice(len(made), shifted, replace=False):
        step = rng.uniform(-8.0, 8.0, 2)
        made[row] = shapely.transform(made[row], lambda xy, step=step: xy + step)
    return np.delete(made, rng.choice(len(made), left_out, replace=False))
