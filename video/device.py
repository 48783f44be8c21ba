"""What an ONVIF device is and offers: the one place that knows how devices are asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from onveef import envelopes, parsers

from video.addresses import AddressPolicy, CheckedAddress
from video.credentials import Credentials
from video.errors import CredentialsRejected, DeviceError, ProtocolViolation, TimedOut, Unsupported
from video.onvif_session import OnvifSession
from video.profiles import Profile

_MOST_PROFILES = 8
_CODEC_NAMES = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "mjpeg"}


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """Who made the device; empty where it does not say."""

    manufacturer: str
    model: str
    firmware: str
    serial_number: str
    hardware_id: str


@dataclass(frozen=True, slots=True)
class GeoLocation:
    """Where the device says it stands: EPSG:4326 degrees, elevation in metres."""

    lon: float
    lat: float
    elevation_m: float | None


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Everything a probe learnt; ``clock_offset_s`` is positive when the device runs ahead."""

    information: DeviceInformation
    profiles: tuple[Profile, ...]
    has_ptz: bool
    location: GeoLocation | None
    clock_offset_s: float


async def probe(
    address: str,
    credentials: Credentials,
    policy: AddressPolicy,
    *,
    call_s: float = 5.0,
    total_s: float = 20.0,
) -> DeviceReport:
    """Return what the device at an address is and offers.

    Parameters
    ----------
    address : str
        URL of the device service; ``http://10.1.2.3/onvif/device_service`` or just
        ``http://10.1.2.3``.
    credentials : Credentials
        At most one failed login is spent on them.
    policy : AddressPolicy
        Checked first; the pinned address is the only one connected to.
    call_s, total_s : float
        Deadlines of each call and of the whole probe.

    Returns
    -------
    DeviceReport
        At least one profile, those with video only, largest first.

    Raises
    ------
    AddressRefused, Unreachable, TimedOut, CredentialsRejected, ProtocolViolation
        As their names say.

    """
    device = _device_service(await asyncio.to_thread(policy.check, address))
    try:
        async with (
            asyncio.timeout(total_s),
            OnvifSession(device, credentials, policy, call_s=call_s) as session,
        ):
            await session.open()
            return await _read_report(session, policy)
    except TimeoutError:
        raise TimedOut(f"the probe of {device.authority} took over {total_s:g} s") from None


async def _read_report(session: OnvifSession, policy: AddressPolicy) -> DeviceReport:
    information = await _read_information(session)
    profiles = await _read_profiles(session, policy)
    return DeviceReport(
        information=information,
        profiles=profiles,
        has_ptz=session.has("ptz") and any(profile.has_ptz for profile in profiles),
        location=await _read_location(session),
        clock_offset_s=session.clock_offset_s,
    )


async def _read_information(session: OnvifSession) -> DeviceInformation:
    xml = await session.call("GetDeviceInformation", envelopes.device_get_information())
    said = parsers.parse_device_information(xml)
    if not said:
        raise ProtocolViolation("GetDeviceInformation: the answer is empty")
    names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
    return DeviceInformation(*(said.get(name, "")[:200] for name in names))


async def _read_profiles(session: OnvifSession, policy: AddressPolicy) -> tuple[Profile, ...]:
    """Media 2 first, since Media 1 cannot name H.265; Media 1 where that fails."""
    try:
        profiles = await _read_media(session, policy, is_media2=True)
    except (Unsupported, ProtocolViolation):
        profiles = await _read_media(session, policy, is_media2=False)
    return tuple(sorted(profiles, key=lambda profile: -profile.pixels))


async def _read_media(
    session: OnvifSession, policy: AddressPolicy, *, is_media2: bool
) -> list[Profile]:
    service = "media2" if is_media2 else "media"
    body = envelopes.media_get_profiles(use_media2=is_media2)
    xml = await session.call("GetProfiles", body, service=service)
    described = [one for one in parsers.parse_profiles(xml) if one.get("video_encoder")]
    if not described:
        raise ProtocolViolation("GetProfiles: no profile with video")
    profiles = []
    for one in described[:_MOST_PROFILES]:
        stream = await _read_uri(session, one["token"], "GetStreamUri", is_media2=is_media2)
        profiles.append(
            _profile(
                one,
                stream_url=policy.check_own(stream, session.device).url,
                snapshot_url=await _read_snapshot_url(
                    session, policy, one["token"], is_media2=is_media2
                ),
            )
        )
    return profiles


async def _read_uri(session: OnvifSession, token: str, operation: str, *, is_media2: bool) -> str:
    write = (
        envelopes.media_get_stream_uri
        if operation == "GetStreamUri"
        else envelopes.media_get_snapshot_uri
    )
    body = write(profile_token=token, use_media2=is_media2)
    service = "media2" if is_media2 else "media"
    uri = parsers.parse_stream_uri(await session.call(operation, body, service=service))
    if not uri:
        raise ProtocolViolation(f"{operation}: the answer is empty")
    return uri


async def _read_snapshot_url(
    session: OnvifSession, policy: AddressPolicy, token: str, *, is_media2: bool
) -> str | None:
    """Return the snapshot address, or None: many devices have none, and say so in many ways."""
    try:
        uri = await _read_uri(session, token, "GetSnapshotUri", is_media2=is_media2)
        return policy.check_own(uri, session.device).url
    except CredentialsRejected:
        raise
    except DeviceError:
        return None


async def _read_location(session: OnvifSession) -> GeoLocation | None:
    try:
        xml = await session.call("GetGeoLocation", envelopes.device_get_geo_location())
    except ProtocolViolation:
        return None
    root = parsers.parse_xml(xml)
    return None if root is None else _first_location(root)


def _first_location(root: Element) -> GeoLocation | None:
    """Return the first place stated; onveef 0.6.0 looks at tds:Location, it is its child's."""
    for place in root.iter():
        if not place.tag.endswith("Location"):
            continue
        try:
            lon, lat = float(place.attrib["lon"]), float(place.attrib["lat"])
            elevation_m = float(place.attrib["elevation"]) if "elevation" in place.attrib else None
        except (KeyError, ValueError):
            continue
        # A device never told where it stands often says 0, 0.
        if (lon, lat) != (0.0, 0.0) and abs(lon) <= 180 and abs(lat) <= 90:
            return GeoLocation(lon, lat, elevation_m)
    return None


def _profile(one: dict[str, Any], *, stream_url: str, snapshot_url: str | None) -> Profile:
    encoder = one["video_encoder"]
    word = str(encoder.get("encoding", ""))
    fps = encoder.get("fps_limit")
    return Profile(
        token=str(one["token"]),
        name=str(one["name"])[:200],
        codec=_CODEC_NAMES.get(word.upper().replace(".", ""), word.lower()),
        width=encoder.get("width"),
        height=encoder.get("height"),
        fps=None if fps is None else float(fps),
        gop=encoder.get("gop"),
        bitrate_kbps=encoder.get("bitrate_kbps"),
        stream_url=stream_url,
        snapshot_url=snapshot_url,
        has_ptz="ptz" in one,
    )


def _device_service(address: CheckedAddress) -> CheckedAddress:
    """Fill in the path every ONVIF device listens at, when only a host was given."""
    if address.path != "/":
        return address
    return CheckedAddress(
        address.scheme, address.host, address.pinned_ip, address.port, "/onvif/device_service"
    )
