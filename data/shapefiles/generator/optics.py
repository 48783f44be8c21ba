"""Lens, field and reach of the county's camera kinds, by the formulas of the planning notes.

HFOV = 2·atan(w / 2f); reach for density p: N·f / (w·p), with sensor width w, focal length f,
N pixels across. Far edge of the picture at height h and tilt t: h / tan(t - VFOV/2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Optics:
    """fov_deg horizontal; tilt_deg below the horizon."""

    fov_deg: float
    range_m: float
    height_m: float
    tilt_deg: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A camera kind: GB/T 28181 PTZType, sensor, lenses, height band and density at its reach."""

    label: str
    ptz_type: int
    sensor_mm: float
    width_px: int
    lenses_mm: tuple[float, ...]
    height_m: tuple[float, float]
    px_per_m: float


DOME = Kind("球机", 1, 7.18, 2560, (11, 13, 15, 17), (6.0, 8.0), 25.0)
# Smoke and crowds two to three kilometres off need few pixels.
LOOKOUT = Kind("高空瞭望", 4, 7.18, 3840, (22, 26), (36.0, 44.0), 5.0)
BULLET = Kind("枪机", 3, 5.37, 2560, (4, 4, 5, 6), (4.5, 6.5), 25.0)
CHECKPOINT = Kind("卡口", 3, 5.37, 1920, (20, 22, 25, 28), (6.0, 7.0), 250.0)
PANORAMIC = Kind("全景", 6, 5.37, 2560, (2.8,), (6.0, 8.0), 20.0)
HALL = Kind("半球", 2, 5.37, 1920, (2.8,), (4.0, 4.5), 40.0)


def drawn_optics(kind: Kind, rng: np.random.Generator) -> Optics:
    """Optics of one camera of the kind; the picture's far edge lies just beyond its reach."""
    lens = float(rng.choice(kind.lenses_mm))
    fov = 2 * np.degrees(np.arctan(kind.sensor_mm / (2 * lens)))
    vertical = 2 * np.degrees(np.arctan(np.tan(np.radians(fov / 2)) * 9 / 16))
    reach = kind.width_px * lens / (kind.sensor_mm * kind.px_per_m)
    height = round(float(rng.uniform(*kind.height_m)), 1)
    tilt = vertical / 2 + 0.9 * np.degrees(np.arctan(height / reach))
    return Optics(round(float(fov), 1), float(round(reach)), height, round(float(tilt), 1))
