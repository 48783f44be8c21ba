"""Where the next cameras should stand: candidates and ground in, proposals with proof out.

Two doors: `propose` takes frames, `plan_sites` (`gis.siteplan`) takes arrays. Metres and grid
azimuths of one metric CRS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.candidates import SOURCES, Spots, pole_spots
from gis.errors import CrsError, GeometryError
from gis.obstacles import build_obstacles
from gis.siteplan import Ground, Land, SitePlan, Wish, plan_sites

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Ground", "Land", "SitePlan", "Wish", "plan_sites", "propose"]


def propose(
    candidates: gpd.GeoDataFrame,
    ground: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    wish: Wish,
    *,
    forbidden: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """`plan_sites` for frames: points, pieces of ground and buildings in, proposals out.

    Parameters
    ----------
    candidates : GeoDataFrame of Point
        Metric CRS. Optional columns `facing_deg` and `open_deg` as in `gis.candidates.Spots`.
    ground : GeoDataFrame of Polygon or Point
        Same CRS, column `weight`; optional `is_seen` (already seen by existing cameras). Built
        ground must be left out by the caller.
    buildings : GeoDataFrame of Polygon or MultiPolygon
        Same CRS, column `height_m`.
    wish : Wish
        Lenses, density, budget.
    forbidden : GeoDataFrame of Polygon or MultiPolygon, optional
        Same CRS; no camera stands in these or looks into them.

    Returns
    -------
    GeoDataFrame
        One row per proposal, the most useful first: `candidate` (its label), `azimuth_deg` (grid),
        `fov_deg`, `range_m`, `gain`, `gain_m2`, `cost`, geometry the point. `attrs` holds `value`,
        `bound`, `gap` and `is_optimal`.

    Raises
    ------
    CrsError
        If a CRS is missing, geographic or another than the candidates'.
    GeometryError
        If a candidate is no point.

    """
    frames = [frame for frame in (candidates, ground, buildings, forbidden) if frame is not None]
    crs = candidates.crs
    if crs is None or not crs.is_projected or any(frame.crs != crs for frame in frames):
        raise CrsError("candidates, ground, buildings, forbidden: one projected CRS is needed")
    if not np.all(shapely.get_type_id(candidates.geometry.to_numpy()) == 0):
        raise GeometryError("candidates", got="another geometry", allowed="Point")
    spots = _spots_of(candidates)
    obstacles = build_obstacles(
        buildings.geometry.to_numpy(), buildings["height_m"], np.arange(len(buildings))
    )
    areas = np.empty(0, object) if forbidden is None else forbidden.geometry.to_numpy()
    plan = plan_sites(Land(obstacles, forbidden=areas), spots, _ground_of(ground), wish)
    found = _frame_of(plan, candidates)
    names = ("value", "bound", "gap", "is_optimal")
    found.attrs = {name: getattr(plan.siting, name) for name in names}
    return found


def _ground_of(ground: gpd.GeoDataFrame) -> Ground:
    middles = ground.geometry.representative_point()
    weight = ground["weight"].to_numpy(np.float64)
    if "is_seen" in ground:
        weight = np.where(ground["is_seen"].to_numpy(bool), 0.0, weight)
    area = ground.geometry.area.to_numpy()
    return Ground(middles.x.to_numpy(), middles.y.to_numpy(), area, weight)


def _frame_of(plan: SitePlan, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(
        {
            "candidate": candidates.index.to_numpy()[plan.spots.row[plan.options.spot]],
            "azimuth_deg": plan.options.azimuth_deg,
            "fov_deg": plan.lenses.fov_deg[plan.options.lens],
            "range_m": plan.lenses.range_m[plan.options.lens],
            "gain": plan.gain,
            "gain_m2": plan.gain_m2,
            "cost": plan.cost,
        },
        geometry=gpd.points_from_xy(
            plan.spots.x[plan.options.spot], plan.spots.y[plan.options.spot]
        ),
        crs=candidates.crs,
    )


def _spots_of(candidates: gpd.GeoDataFrame) -> Spots:
    spots = pole_spots(candidates.geometry.x.to_numpy(), candidates.geometry.y.to_numpy())
    if "facing_deg" not in candidates:
        return spots
    facing = candidates["facing_deg"].to_numpy(np.float64)
    width = candidates["open_deg"].to_numpy(np.float64)
    kind = np.full(len(spots), SOURCES.index("corners"), dtype=np.int8)
    return Spots(spots.x, spots.y, kind, facing, width, spots.row)
