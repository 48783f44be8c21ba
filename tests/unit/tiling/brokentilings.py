"""Tilings broken on purpose, and their faults by plain overlay: no code of ours takes part."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

SHARED = Path(__file__).parents[4] / "shared" / "data"
CITY = SHARED / "sf" / "grids.geojson"
needs_data = pytest.mark.skipif(not CITY.exists(), reason="../shared/data is not here")
#: What the overlay itself rounds away.
NOISE_M2 = 1e-3


def squares(columns: int, rows: int, *, side: float = 0.005) -> np.ndarray:
    """A clean tiling in lon/lat near 110, 34.5; neighbours share their corners to the bit."""
    x, y = 110.0 + side * np.arange(columns + 1), 34.5 + side * np.arange(rows + 1)
    return np.array(
        [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for j in range(rows) for i in range(columns)],
        dtype=object,
    )


def city_plots() -> np.ndarray:
    return np.asarray(gpd.read_file(CITY).geometry.values)


def broken(shapes: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Copies of `shapes`, `count` of them shifted, buffered, with a corner cut off, or left out."""
    made = shapes.copy()
    for row in rng.choice(len(shapes), count, replace=False):
        how = rng.integers(4)
        if how == 0:
            step = rng.normal(0, 1e-4, 2)
            made[row] = shapely.transform(made[row], lambda xy, step=step: xy + step)
        elif how == 1:
            made[row] = shapely.buffer(made[row], rng.uniform(-1e-4, 1e-4))
        elif how == 2:
            made[row] = _with_corner_cut(made[row], rng)
        else:
            made[row] = None
    sound = [shape is not None and shape.is_valid and not shape.is_empty for shape in made]
    return made[np.array(sound)]


def _with_corner_cut(shape: shapely.Geometry, rng: np.random.Generator) -> shapely.Geometry:
    ring = shapely.get_coordinates(shapely.get_parts(shape)[0].exterior)[:-1]
    if len(ring) <= 4:
        return shape
    cut = shapely.Polygon(np.delete(ring, rng.integers(len(ring)), axis=0))
    return cut if cut.is_valid else shape


def overlaps_by_overlay(metric: np.ndarray) -> dict[tuple[int, int], float]:
    """Area, m2, of each pair that overlaps, by geopandas."""
    frame = gpd.GeoDataFrame({"row": range(len(metric))}, geometry=list(metric), crs=32610)
    found = gpd.overlay(frame, frame, how="intersection", keep_geom_type=True)
    found = found[found.row_1 < found.row_2]
    area = found.area.groupby([found.row_1, found.row_2]).sum()
    return {pair: size for pair, size in area.items() if size > NOISE_M2}


def gaps_by_union(metric: np.ndarray) -> list[float]:
    """Areas, m2, of what the union leaves out inside its outer rings, ascending."""
    union = shapely.union_all(metric)
    filled = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(union)])
    gaps = shapely.get_parts(shapely.difference(filled, union))
    return sorted(area for area in shapely.area(gaps).tolist() if area > NOISE_M2)
