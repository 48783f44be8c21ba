"""Four simulated PTZ heads round one spot of the small land, enrolled like any device.

The spot is lon 110.0050, lat 34.5050; heads stand 60 m west, north, east and south of it.
"""

import math
from dataclasses import dataclass
from typing import Any

from backend import db
from backend.cameras import devices
from video.credentials import Credentials
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import ThreadedFleet

LON, LAT = 110.0050, 34.5050
METRES = 111_195.0
EAST_METRES = METRES * math.cos(math.radians(LAT))
SECRET = "S3CRET/pass word"
HEIGHT_M = 10.0
#: East and north of the spot, metres.
PLACES = {
    "geo": (-60.0, 0.0),
    "spherical": (0.0, 60.0),
    "generic": (60.0, 0.0),
    "presets": (0.0, -60.0),
}
_CALM = {"scene": "clip", "main_size": (320, 180), "sub_size": (320, 180), "main_fps": 5.0}


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """Lon and lat of a point so far from the spot."""
    return LON + east_m / EAST_METRES, LAT + north_m / METRES


def specs() -> list[DeviceSpec]:
    return [
        DeviceSpec(
            kind, password=SECRET, ptz=True, ptz_kind=kind, lon=place(*at)[0], lat=place(*at)[1],
            elevation_m=400.0 + HEIGHT_M, **({"ptz_north_deg": 37.0} if kind == "generic" else {}),
            **_CALM,
        )
        for kind, at in PLACES.items()
    ]  # fmt: skip


@dataclass
class Heads:
    """The fleet, the land, and the ids of the enrolled cameras by kind."""

    fleet: Any
    land: Any
    ids: dict[str, int]

    def device(self, kind: str) -> Any:
        return self.fleet.device(kind)

    def off_deg(self, kind: str, east_m: float, north_m: float, height_m: float = 1.5) -> float:
        """Angle between where a head really looks and a point told from the spot."""
        view = self.device(kind).true_view()
        at = PLACES[kind]
        east, north = east_m - at[0], north_m - at[1]
        up = height_m - HEIGHT_M
        azimuth = math.atan2(east, north)
        elevation = math.atan2(up, math.hypot(east, north))
        a, e = math.radians(view.azimuth_deg), math.radians(view.elevation_deg)
        inner = math.sin(e) * math.sin(elevation) + math.cos(e) * math.cos(elevation) * math.cos(
            a - azimuth
        )
        return math.degrees(math.acos(max(-1.0, min(1.0, inner))))


def enrol(fleet: Any, land: Any, kinds: tuple[str, ...] = tuple(PLACES)) -> Heads:
    """Add a camera for each kind and put its device behind it."""
    ids = {}
    for kind in kinds:
        lon, lat = place(*PLACES[kind])
        camera_id = land.add_camera(f"{kind}球机", lon, lat)
        land.run(
            "UPDATE cameras SET has_ptz = true, height_m = %s WHERE id = %s", HEIGHT_M, camera_id
        )
        address = f"http://127.0.0.1:{fleet.onvif_port}/{kind}/onvif/device_service"
        enrolment = devices.Enrolment(camera_id, address, Credentials("admin", SECRET))
        [outcome] = devices.ask_many([enrolment])
        with db.begin() as session:
            devices.store(session, outcome)
        ids[kind] = camera_id
    return Heads(fleet, land, ids)


def fleet() -> ThreadedFleet:
    return ThreadedFleet(specs())
