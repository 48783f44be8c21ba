"""Commands to one PTZ head over an open ONVIF session: moves, presets, home, position.

No command is ever sent twice; after one refused login the session sends nothing more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from onveef import envelopes, parsers

from video.errors import ProtocolViolation, Unsupported
from video.onvif_session import OnvifSession
from video.ptz_skills import SPACES, ZOOM, Skills, space_of

#: A head that hears nothing more stops by itself after this; whoever drives renews in time.
LONGEST_DRIVE_S = 2.0


@dataclass(frozen=True, slots=True)
class HeadPosition:
    """Pan to the right, tilt upwards, zoom; in the units of the head's space. None: no such axis
    or not told.
    """

    pan: float | None
    tilt: float | None
    zoom: float | None


@dataclass(frozen=True, slots=True)
class HeadStatus:
    """Where a head stands, and whether it still moves; None: the device does not say."""

    position: HeadPosition
    is_moving: bool | None


@dataclass(frozen=True, slots=True)
class DevicePreset:
    """A preset as the device keeps it."""

    token: str
    name: str
    position: HeadPosition


class PtzHead:
    """One head. All methods raise `DeviceError`s: refused login, time-out, violation, unsupported.

    Parameters
    ----------
    session : OnvifSession
        Open; it is not closed here.
    skills : Skills
        As read from this device.

    """

    def __init__(self, session: OnvifSession, skills: Skills) -> None:
        self.skills = skills
        self._session = session

    async def status(self) -> HeadStatus:
        """Position and movement now.

        Raises
        ------
        ProtocolViolation
            The answer is malformed, as ipycam's is: its prefix `ptz:` is declared nowhere.

        """
        body = envelopes.ptz_get_status(profile_token=self.skills.profile_token)
        xml = await self.ask("GetStatus", body)
        said = parsers.parse_ptz_status(xml)
        is_ours = space_of(xml) in ("", self.skills.uri)
        moving = {str(word).upper() for word in (said.get("move_status") or {}).values() if word}
        return HeadStatus(
            HeadPosition(
                _finite(said.get("pan")) if is_ours else None,
                _finite(said.get("tilt")) if is_ours else None,
                _finite(said.get("zoom")),
            ),
            ("MOVING" in moving) if moving else None,
        )

    async def move_to(self, pan: float, tilt: float, zoom: float) -> None:
        """AbsoluteMove with all axes the head has: some devices send a missing one to 0.

        Parameters
        ----------
        pan, tilt, zoom : float
            Units of the head's space; clamped to its ranges.

        Raises
        ------
        Unsupported
            The head has no absolute positions.

        """
        ranges = self.skills.ranges
        if ranges is None:
            raise Unsupported("no absolute positions")
        place = f'<tt:PanTilt x="{_clamped(pan, ranges.pan):.6g}"'
        place += f' y="{_clamped(tilt, ranges.tilt):.6g}" space={quoteattr(self.skills.uri)}/>'
        if ranges.zoom is not None:
            place += f'<tt:Zoom x="{_clamped(zoom, ranges.zoom):.6g}" space="{SPACES}{ZOOM}"/>'
        await self._command("AbsoluteMove", f"<tptz:Position>{place}</tptz:Position>")

    async def move_on(self, pan: float, tilt: float, zoom: float, *, for_s: float) -> None:
        """ContinuousMove that ends by itself.

        Parameters
        ----------
        pan, tilt, zoom : float
            Speeds, -1 to 1; beyond is clamped.
        for_s : float
            Seconds until the head stops unless told again; at most `LONGEST_DRIVE_S`.

        """
        speeds = [_clamped(speed, (-1.0, 1.0)) for speed in (pan, tilt, zoom)]
        held_s = min(max(for_s, 0.1), LONGEST_DRIVE_S)
        body = envelopes.ptz_continuous_move(
            profile_token=self.skills.profile_token,
            pan=speeds[0], tilt=speeds[1], zoom=speeds[2], timeout=f"PT{held_s:.1f}S",
        )  # fmt: skip
        await self.ask("ContinuousMove", body)

    async def move_by(self, pan: float, tilt: float, zoom: float) -> None:
        """RelativeMove with all axes, in generic translations -1 to 1."""
        steps = [_clamped(step, (-1.0, 1.0)) for step in (pan, tilt, zoom)]
        body = envelopes.ptz_relative_move(
            profile_token=self.skills.profile_token, pan=steps[0], tilt=steps[1], zoom=steps[2]
        )
        await self.ask("RelativeMove", body)

    async def stop(self) -> None:
        """Stop, all axes."""
        body = envelopes.ptz_stop(profile_token=self.skills.profile_token, pan_tilt=True, zoom=True)
        await self.ask("Stop", body)

    async def move_to_place(
        self, lon: float, lat: float, height_m: float, *, width_m: float
    ) -> None:
        """GeoMove: the device itself works out where the place lies.

        Parameters
        ----------
        lon, lat : float
            EPSG:4326 degrees.
        height_m : float
            Above the ellipsoid or sea, as the device's own elevation is kept.
        width_m : float
            Width to fill the picture, > 0; the height follows at 16:9.

        Raises
        ------
        Unsupported
            The head knows no GeoMove.
        ProtocolViolation
            The place cannot be reached, or the device was never told where it stands.

        """
        if not self.skills.can_geo:
            raise Unsupported("no GeoMove")
        body = envelopes.ptz_geo_move(
            profile_token=self.skills.profile_token, lat=lat, lon=lon, elevation=height_m,
            area_width=width_m, area_height=width_m * 9.0 / 16.0,
        )  # fmt: skip
        await self.ask("GeoMove", body)

    async def presets(self) -> tuple[DevicePreset, ...]:
        """Presets the device keeps; those without a token are passed over."""
        body = envelopes.ptz_get_presets(profile_token=self.skills.profile_token)
        said = parsers.parse_ptz_presets(await self.ask("GetPresets", body))
        return tuple(
            DevicePreset(
                str(one["token"])[:100],
                str(one.get("name") or one["token"])[:100],
                HeadPosition(*(_finite(one.get(axis)) for axis in ("pan", "tilt", "zoom"))),
            )
            for one in said[:300]
            if one.get("token")
        )

    async def goto_preset(self, token: str) -> None:
        """GotoPreset."""
        await self._command("GotoPreset", f"<tptz:PresetToken>{escape(token)}</tptz:PresetToken>")

    async def set_preset(self, name: str, *, token: str = "") -> str:
        """Keep the present view as a preset, new or under a token; its token."""
        body = envelopes.ptz_set_preset(
            profile_token=self.skills.profile_token, preset_name=name, preset_token=token
        )
        given = parsers.parse_set_preset_token(await self.ask("SetPreset", body)) or token
        if not given:
            raise ProtocolViolation("SetPreset: no token in the answer")
        return given[:100]

    async def remove_preset(self, token: str) -> None:
        """RemovePreset."""
        await self._command("RemovePreset", f"<tptz:PresetToken>{escape(token)}</tptz:PresetToken>")

    async def go_home(self) -> None:
        """GotoHomePosition, the device's own."""
        await self._command("GotoHomePosition", "")

    async def _command(self, operation: str, inner: str) -> None:
        token = escape(self.skills.profile_token)
        await self.ask(
            operation,
            f"<tptz:{operation}><tptz:ProfileToken>{token}</tptz:ProfileToken>{inner}"
            f"</tptz:{operation}>",
        )

    async def ask(self, operation: str, body: str) -> str:
        """The answer of the device's PTZ service to one question, XML."""
        return await self._session.call(operation, body, service="ptz")


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _clamped(value: float, span: tuple[float, float]) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no position")
    return min(max(value, span[0]), span[1])
