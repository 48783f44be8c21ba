"""What gis refuses, and what to do about it.

GisError
├── ArgumentError    a value, shape or dtype outside what the function allows
│   └── GeometryError    a geometry of the wrong kind, missing, empty or not finite
├── CrsError         a coordinate reference system that cannot serve the purpose
├── CalibrationError landmarks from which no pose can be had
└── GridEditError    an edit of grids that would not leave a sound tiling
"""

from __future__ import annotations


class GisError(ValueError):
    """The input cannot be measured. Correct it and call again."""


class ArgumentError(GisError):
    """An argument is outside what the function allows.

    Attributes
    ----------
    argument : str
        Name of the argument.
    got : str
        What was handed over.
    allowed : str
        What would be accepted.

    """

    def __init__(self, argument: str, *, got: object, allowed: str) -> None:
        self.argument = argument
        self.got = str(got)
        self.allowed = allowed
        super().__init__(f"{argument}: got {self.got}; allowed: {allowed}")


class GeometryError(ArgumentError):
    """A geometry is of the wrong kind, missing, empty or not finite. Mend or drop the row."""


class CrsError(GisError):
    """The coordinate reference system cannot serve here. Reproject first, to metres where asked."""


class CalibrationError(GisError):
    """The landmarks give no pose. Correct the ones named, or add some, and call again.

    Attributes
    ----------
    reason : str
        `too_few`, `too_close`, `too_unsure`, `behind`, `misplaced` or `no_common_pose`.
    landmarks : tuple of int
        Places, from 0, of the landmarks meant; empty when all are.
    rms_px : float
        Scatter of the fit that failed; nan when none was made.

    """

    def __init__(
        self, reason: str, *, landmarks: tuple[int, ...] = (), rms_px: float = float("nan")
    ) -> None:
        self.reason = reason
        self.landmarks = landmarks
        self.rms_px = rms_px
        super().__init__(f"calibration: {reason}, landmarks {list(landmarks)}, rms {rms_px:.1f} px")


class GridEditError(GisError):
    """The edit would not leave a sound tiling. Draw it differently and call again.

    Attributes
    ----------
    reason : str
        `does_not_cut`, `sliver`, `not_neighbours`, `one_side_empty`, `not_sound` or `pieces`.
    lon, lat : float
        Where, degrees EPSG:4326; nan when it concerns no place.

    """

    def __init__(
        self, reason: str, *, lon: float = float("nan"), lat: float = float("nan")
    ) -> None:
        self.reason = reason
        self.lon = lon
        self.lat = lat
        super().__init__(f"grid edit: {reason} at {lon:.7f}, {lat:.7f}")
