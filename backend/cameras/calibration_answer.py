"""A calibration as the API tells it: figures, residuals, and the ground the pose would show."""

import json
from typing import Any

import numpy as np
import shapely

from gis.optics import assumed_range_m, vertical_field_deg
from gis.viewshed import Mount, Viewshed, viewshed
from gis.visibility import View

from ..settings import load
from ..spatial import lonlat
from .calibrating import Calibrated
from .calibration_schemas import CalibrationAnswer, CalibrationOrder, PoseErrors, Residual, Shift


def answer_of(done: Calibrated, order: CalibrationOrder) -> CalibrationAnswer:
    """Return the figures, rounded to what they are worth, and the view."""
    found = done.found
    attitude, sigma = found.attitude, found.sigma
    east_m, north_m, up_m = found.shift_m
    return CalibrationAnswer(
        azimuth_deg=round(attitude.azimuth_deg, 2) % 360.0,
        tilt_deg=round(attitude.tilt_deg, 2),
        fov_deg=round(attitude.fov_deg, 2),
        roll_deg=round(attitude.roll_deg, 2),
        sigma=PoseErrors(
            azimuth_deg=round(sigma.azimuth_deg, 3),
            tilt_deg=round(sigma.tilt_deg, 3),
            fov_deg=round(sigma.fov_deg, 3),
            roll_deg=round(sigma.roll_deg, 3),
        ),
        residuals=[
            Residual(u=mark.u, v=mark.v, du=round(float(du), 1), dv=round(float(dv), 1))
            for mark, (du, dv) in zip(order.landmarks, found.residuals_px, strict=True)
        ],
        rms_px=round(found.rms_px, 2),
        verdict=found.grade.value,
        shift=Shift(east_m=round(east_m, 2), north_m=round(north_m, 2), up_m=round(up_m, 2)),
        view=_view(done, order),
    )


def _view(done: Calibrated, order: CalibrationOrder) -> dict[str, Any]:
    """Return the ground seen under the pose found, certain and possible, as GeoJSON."""
    seen = _seen(done, order)
    pair = (seen.certain, seen.possible)
    grounds = done.frame.geometry_to_lonlat(np.array(pair, dtype=object))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shapely.set_precision(ground, 1e-7))),
                "properties": {"sight": word, "area_m2": round(plain.area, 1)},
            }
            for ground, plain, word in zip(grounds, pair, ("certain", "possible"), strict=True)
            if not plain.is_empty
        ],
    }


def _seen(done: Calibrated, order: CalibrationOrder) -> Viewshed:
    attitude, sigma, sight = done.found.attitude, done.found.sigma, load().sight
    lon, lat = lonlat(done.camera.geom)
    x, y = done.frame.to_metric(lon, lat)
    assumed_m = assumed_range_m(
        min(attitude.fov_deg, 120.0), order.width_px, px_per_m=sight.least_px_per_m
    )
    view = View(
        float(x),
        float(y),
        azimuth_deg=attitude.azimuth_deg - float(done.frame.convergence_deg(lon, lat)),
        fov_deg=attitude.fov_deg,
        range_m=done.pose.range_m or float(assumed_m),
    )
    mount = Mount(
        height_m=done.height_m,
        tilt_deg=attitude.tilt_deg,
        vfov_deg=vertical_field_deg(attitude.fov_deg, aspect=order.width_px / order.height_px),
        azimuth_error_deg=2.0 * sigma.azimuth_deg,
        fov_error_deg=2.0 * sigma.fov_deg,
    )
    return viewshed(done.scene.obstacles, view, mount, target_height_m=sight.target_height_m)
