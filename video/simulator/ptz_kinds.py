"""The kinds of simulated PTZ heads: what they say of themselves, and where they really look.

A head's state is `Position`, pan and tilt -1..1, zoom 0..1. What its device calls the same place,
and which direction it is, depends on the kind; the true direction of a generic head is told to
nobody, bends included: whoever aims it has to measure.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from video.simulator.ptz import Position

KindName = Literal["generic", "spherical", "geo", "presets"]

SPACES = "http://www.onvif.org/ver10/tptz"
#: Horizontal field at both ends of the zoom.
WIDEST_DEG, NARROWEST_DEG = 60.0, 6.0


@dataclass(frozen=True, slots=True)
class View:
    """A true direction: azimuth from north, elevation above the horizon, horizontal field."""

    azimuth_deg: float
    elevation_deg: float
    fov_deg: float


@dataclass(frozen=True, slots=True)
class HeadKind:
    """One kind; `space` is the name of its absolute pan and tilt space, empty for none."""

    name: KindName
    space: str
    pan: tuple[float, float] = (-1.0, 1.0)
    tilt: tuple[float, float] = (-1.0, 1.0)
    can_geo: bool = False
    #: Whether the device runs tours of presets by itself.
    can_tour: bool = False
    #: Degrees a unit of the state turns, and by how much the gear is off in between.
    pan_turn_deg: float = 180.0
    pan_bend_deg: float = 0.0
    tilt_middle_deg: float = -35.0
    tilt_turn_deg: float = 55.0
    tilt_bend_deg: float = 0.0

    def to_device(self, place: Position) -> Position:
        """A state in the device's own units."""
        return Position(
            _mapped(place.pan, (-1.0, 1.0), self.pan),
            _mapped(place.tilt, (-1.0, 1.0), self.tilt),
            place.zoom,
        )

    def to_state(self, place: Position) -> Position:
        """A place in the device's units as a state."""
        return Position(
            _mapped(place.pan, self.pan, (-1.0, 1.0)),
            _mapped(place.tilt, self.tilt, (-1.0, 1.0)),
            place.zoom,
        )

    def view(self, place: Position, north_deg: float) -> View:
        """Where a head in this state looks; `north_deg` is the azimuth of its middle."""
        return View(
            (
                north_deg
                + self.pan_turn_deg * place.pan
                + self.pan_bend_deg * math.sin(math.pi * place.pan)
            )
            % 360.0,
            self.tilt_middle_deg + self.tilt_turn_deg * place.tilt + self._sag(place.tilt),
            WIDEST_DEG * (NARROWEST_DEG / WIDEST_DEG) ** place.zoom,
        )

    def state_of(self, view: View, north_deg: float) -> Position | None:
        """The state that looks there, of kinds without a bend; None when it is out of reach."""
        turn = (view.azimuth_deg - north_deg + 180.0) % 360.0 - 180.0
        tilt = (view.elevation_deg - self.tilt_middle_deg) / self.tilt_turn_deg
        if not -1.0 <= tilt <= 1.0:
            return None
        field = min(max(view.fov_deg, NARROWEST_DEG), WIDEST_DEG)
        zoom = math.log(field / WIDEST_DEG) / math.log(NARROWEST_DEG / WIDEST_DEG)
        return Position(turn / self.pan_turn_deg, tilt, zoom)

    def _sag(self, tilt: float) -> float:
        return self.tilt_bend_deg * tilt * tilt


_SPHERICAL = HeadKind(
    "spherical", "PanTiltSpaces/SphericalPositionSpaceDegrees", (-180.0, 180.0), (-90.0, 20.0)
)
KINDS: dict[KindName, HeadKind] = {
    "generic": HeadKind(
        "generic", "PanTiltSpaces/PositionGenericSpace",
        pan_turn_deg=173.0, pan_bend_deg=2.2, tilt_turn_deg=52.0, tilt_bend_deg=1.6,
    ),
    "spherical": _SPHERICAL,
    "geo": replace(_SPHERICAL, name="geo", can_geo=True, can_tour=True),
    "presets": HeadKind("presets", ""),
}  # fmt: skip


def _mapped(value: float, of: tuple[float, float], to: tuple[float, float]) -> float:
    return to[0] + (value - of[0]) / (of[1] - of[0]) * (to[1] - to[0])
