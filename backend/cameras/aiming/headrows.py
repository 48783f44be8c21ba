"""Rows of heads as plain values: lens, skills, axes, what the numbers mean, where it answers."""

from __future__ import annotations

import numpy as np

from gis.aim import Lens
from gis.aimhead import Axes, HeadModel, Span, spherical_head
from gis.optics import assumed_range_m
from video.credentials import Credentials
from video.errors import CredentialsRejected
from video.ptz_skills import Ranges, Skills

from ...settings import load
from .. import devices
from ..models import Camera
from ..vault import unseal
from .lines import Reach
from .models import Head
from .refusals import HeadFailed, NoHead

_NARROWEST_SHARE = 1 / 10
"""Of the widest field, where nobody stated the narrowest: a small dome zooms ten times."""
_UNMEASURED_DEG = 3.0
"""What a head that states degrees is taken to be off by, until it is calibrated."""
_GEO_DEG = 2.0
_REPEAT_DEG = 0.3


def reach_m(lens: Lens, width_px: float) -> float:
    """Return how far the narrowest field still shows enough, capped as the search for PTZ is."""
    sight = load().sight
    far = assumed_range_m(lens.narrowest_deg, width_px, px_per_m=sight.least_px_per_m)
    return min(float(far), sight.ptz_radius_m)


def lens_of(head: Head) -> Lens:
    """Return the fields of a head as stated, else as assumed."""
    widest = head.widest_deg or load().sight.fov_deg
    return Lens(widest, min(head.narrowest_deg or widest * _NARROWEST_SHARE, widest))


def skills_of(head: Head) -> Skills:
    """Return what the device said it can do."""
    from video.device import GeoLocation

    can = {name: value for name, value in head.can.items() if name != "asked_at"}
    ranges = can.pop("ranges")
    place = can.pop("location")
    return Skills(
        **can,
        ranges=Ranges(**{axis: span and tuple(span) for axis, span in ranges.items()})
        if ranges
        else None,
        location=GeoLocation(**place) if place else None,
    )


def axes_of(skills: Skills) -> Axes | None:
    """Return the ranges of the axes; None where the head knows no positions."""
    if skills.ranges is None:
        return None
    zoom = skills.ranges.zoom or (0.0, 1.0)
    return Axes(Span(*skills.ranges.pan), Span(*skills.ranges.tilt), Span(*zoom))


def model_of(head: Head, skills: Skills, lens: Lens) -> HeadModel | None:
    """Return how the head's numbers become directions: measured, else as its degrees say."""
    axes = axes_of(skills)
    if axes is None:
        return None
    if head.calibration is not None:
        return HeadModel(
            np.array(head.calibration["numbers"], dtype=np.float64),
            np.array(head.calibration["covariance"], dtype=np.float64),
            axes,
        )
    if skills.space == "spherical":
        return spherical_head(axes, widest_deg=lens.widest_deg, narrowest_deg=lens.narrowest_deg)
    return None


def error_of(head: Head, skills: Skills) -> float:
    """Return what the head's direction may be off, in degrees, as limits are judged."""
    if head.calibration is not None:
        return float(head.calibration["error_deg"]) + _REPEAT_DEG
    return _GEO_DEG if skills.can_geo else _UNMEASURED_DEG


def reach_of(camera: Camera, head: Head | None) -> Reach:
    """Return where a camera's head answers; its login is unsealed here.

    Raises
    ------
    NoHead
        The camera has no head, or no device behind it.
    HeadFailed
        The device refused the stored login: asking again could lock the account.

    """
    device = camera.device
    if device is None or not camera.has_ptz:
        raise NoHead(name=camera.name)
    if device.auth_state == "rejected":
        raise HeadFailed(name=camera.name, device_code=CredentialsRejected.code)
    login = unseal(device.secret) if device.secret else ("", "")
    # Another device at the camera may have another head: it is asked anew.
    is_same = head is not None and head.can.get("asked_at") == device.address
    return Reach(
        camera.id,
        device.address,
        Credentials(*login),
        devices.policy(),
        skills_of(head) if head is not None and is_same else None,
    )
