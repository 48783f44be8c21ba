"""Calibration of a head: landmarks at known positions -> how its numbers become directions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from gis.aimfit import Fitted, Observations, Prior, fit_head
from gis.aimhead import NUMBERS, spherical_head
from gis.errors import ArgumentError, CalibrationError
from gis.terrain import ground_height_m

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Refused
from .. import lookout
from ..models import Camera
from .facts import HeadFacts
from .headrows import axes_of
from .keeping_schemas import CalibrationShape, HeadCalibrationOrder, Sighting
from .locking import tell
from .models import Head
from .refusals import NoHead


class NotCalibrated(Refused):
    code = "ptz.not_calibrated"
    zh = "云台校准未成（{cause}）：{advice}"
    en = "The head could not be calibrated ({cause}): {advice}"


_ADVICE = {
    "too_few": ("至少标三处地标。", "mark three landmarks at least."),
    "misplaced": ("第 {row} 处与其余矛盾，请核对。", "landmark {row} contradicts the others."),
    "too_unsure": ("地标方向太接近，请再标几处相距远的。", "add landmarks far from each other."),
}


def fitted(
    session: Session, facts: HeadFacts, order: HeadCalibrationOrder, user: Principal
) -> Fitted:
    """Return the head that explains the sightings; nothing is stored.

    Raises
    ------
    NoHead
        The head knows no positions: it can only go to presets.
    NotCalibrated
        Too few sightings, one that contradicts the others, or too close together.

    """
    axes = axes_of(facts.skills)
    if axes is None:
        raise NoHead(name=facts.name)
    lens = facts.lens
    if facts.skills.space == "spherical":
        stated = spherical_head(axes, widest_deg=lens.widest_deg, narrowest_deg=lens.narrowest_deg)
        prior = Prior.spherical(stated)
    else:
        prior = Prior.generic(widest_deg=lens.widest_deg, narrowest_deg=lens.narrowest_deg)
    try:
        return fit_head(_observed(session, facts, order), axes, prior)
    except CalibrationError as fault:
        row = fault.landmarks[0] + 1 if fault.landmarks else None
        zh, en = _ADVICE[fault.reason]
        advice = (zh if user.language == "zh" else en).format(row=row)
        raise NotCalibrated(cause=fault.reason, advice=advice, landmark=row) from None
    except ArgumentError as fault:
        raise NotCalibrated(cause="argument", advice=str(fault)) from None


def _observed(session: Session, facts: HeadFacts, order: HeadCalibrationOrder) -> Observations:
    watch, scene = lookout.current(session)
    lon = np.array([s.lon for s in order.sightings], dtype=np.float64)
    lat = np.array([s.lat for s in order.sightings], dtype=np.float64)
    x, y = watch.frame.to_metric(lon, lat)
    ground = np.zeros(len(lon))
    if scene.terrain is not None and len(lon):
        ground = np.nan_to_num(ground_height_m(scene.terrain, x, y))
    height = ground + np.array([s.height_m for s in order.sightings])
    east, north = x - facts.mount.x, y - facts.mount.y
    turn = np.radians(facts.mount.convergence_deg)
    return Observations(
        positions=_columns(order.sightings, ("pan", "tilt", "zoom")),
        marks=_columns(order.sightings, ("dx", "dy")),
        # From the frame's north to the true one, in which azimuths are kept.
        offsets_m=np.column_stack(
            [
                east * np.cos(turn) + north * np.sin(turn),
                north * np.cos(turn) - east * np.sin(turn),
                height - facts.mount.height_m,
            ]
        ),
        error_m=order.error_m,
    )


def _columns(sightings: list[Sighting], names: tuple[str, ...]) -> Any:
    rows = [[getattr(sighting, name) for name in names] for sighting in sightings]
    return np.array(rows, dtype=np.float64).reshape(len(sightings), len(names))


def apply(session: Session, camera: Camera, found: Fitted, user: Principal) -> None:
    """Keep a calibration; presets and positions of before keep the angles they had."""
    head = session.get_one(Head, camera.id)
    head.calibration = {
        "numbers": found.head.numbers.tolist(),
        "covariance": found.head.covariance.tolist(),
        "residuals_deg": [round(float(r), 3) for r in found.residuals_deg],
        "rms_deg": found.rms_deg,
        "error_deg": found.error_deg,
        "field_measured": found.field_measured,
    }
    head.calibrated_at = datetime.now(UTC)
    tell(session, camera)
    enter(
        session,
        Act(
            "ptz.calibrated",
            user.id,
            user.display_name,
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
            detail={
                "sightings": len(found.residuals_deg),
                "rms_deg": round(found.rms_deg, 3),
                "error_deg": round(found.error_deg, 3),
            },
        ),
    )


def shape_of_fit(found: Fitted) -> CalibrationShape:
    """Return a calibration just computed as the API shows it."""
    numbers = dict(zip(NUMBERS, found.head.numbers.tolist(), strict=True))
    return CalibrationShape(
        calibrated_at=None,
        error_deg=round(found.error_deg, 3),
        rms_deg=round(found.rms_deg, 3),
        residuals_deg=[round(float(r), 3) for r in found.residuals_deg],
        field_measured=found.field_measured,
        pan_zero_deg=round(numbers["pan_zero_deg"] % 360.0, 2),
        lean_deg=round(float(np.hypot(numbers["lean_east_deg"], numbers["lean_north_deg"])), 2),
    )


def calibration_shape(head: Head) -> CalibrationShape | None:
    """Return the calibration kept of a head."""
    kept = head.calibration
    if kept is None:
        return None
    numbers = dict(zip(NUMBERS, kept["numbers"], strict=True))
    return CalibrationShape(
        calibrated_at=head.calibrated_at,
        error_deg=round(kept["error_deg"], 3),
        rms_deg=round(kept["rms_deg"], 3),
        residuals_deg=kept["residuals_deg"],
        field_measured=kept["field_measured"],
        pan_zero_deg=round(numbers["pan_zero_deg"] % 360.0, 2),
        lean_deg=round(float(np.hypot(numbers["lean_east_deg"], numbers["lean_north_deg"])), 2),
    )
