"""What an ONVIF device is and offers: the one place that knows how devices are asked."""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from onveef import envelopes, parsers

from video.addresses import AddressPolicy, CheckedAddress
from video.channels import Channel, read_channels
from video.credentials import Credentials
from video.errors import CredentialsRejected, ProtocolViolation, TimedOut
from video.onvif_answers import read_by
from video.onvif_session import OnvifSession
from video.profiles import Profile

_MOST_MACS = 4
_MAC = re.compile(r"[0-9a-f]{12}")
#: What devices state that were never given a serial number.
_NO_SERIAL = re.compile(
    r"0+|1234\d*|n/?a|none|null|unknown|default|serial ?number|x+", re.IGNORECASE
)


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
    """Everything a probe learnt; ``clock_offset_s`` is positive when the device runs ahead.

    ``channels`` has one entry for a camera and one for each input of a recorder; ``profiles`` are
    those of the first. ``macs`` are twelve hexadecimal digits each; ``quirks`` name what had to
    be worked around (`video.quirks`).
    """

    information: DeviceInformation
    profiles: tuple[Profile, ...]
    has_ptz: bool
    location: GeoLocation | None
    clock_offset_s: float
    channels: tuple[Channel, ...] = ()
    macs: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()

    @property
    def identities(self) -> tuple[str, ...]:
        """Return what tells this device from others wherever it answers, the surest first."""
        serial = self.information.serial_number.strip()
        has_serial = len(serial) > 3 and not _NO_SERIAL.fullmatch(serial)
        maker = self.information.manufacturer.strip()
        told = [f"serial:{maker}/{serial}".lower()] if has_serial else []
        return tuple([f"mac:{mac}" for mac in self.macs] + told)


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
        At least one channel with one profile, those with video only, largest first.

    Raises
    ------
    AddressRefused, Unreachable, TimedOut, CredentialsRejected, ProtocolViolation
        As their names say.

    """
    try:
        async with asyncio.timeout(total_s):  # the name's resolution too
            device = _device_service(await asyncio.to_thread(policy.check, address))
            async with OnvifSession(device, credentials, policy, call_s=call_s) as session:
                await session.open()
                return await _read_report(session, policy)
    except TimeoutError:
        raise TimedOut(f"the probe took over {total_s:g} s") from None


async def _read_report(session: OnvifSession, policy: AddressPolicy) -> DeviceReport:
    information = await _read_information(session)
    channels = await read_channels(session, policy, information.manufacturer)
    location = await read_location(session)
    macs = await _read_macs(session)
    return DeviceReport(
        information=information,
        profiles=channels[0].profiles,
        has_ptz=session.has("ptz") and channels[0].has_ptz,
        location=location,
        clock_offset_s=session.clock_offset_s,
        channels=channels,
        macs=macs,
        quirks=tuple(sorted(session.quirks)),
    )


async def _read_information(session: OnvifSession) -> DeviceInformation:
    xml = await session.call("GetDeviceInformation", envelopes.device_get_information())
    said = parsers.parse_device_information(xml)
    if not said:
        raise ProtocolViolation("GetDeviceInformation: the answer is empty")
    names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
    return DeviceInformation(*(said.get(name, "")[:200] for name in names))


async def _read_macs(session: OnvifSession) -> tuple[str, ...]:
    """Return the hardware addresses of the device's own interfaces; none where it keeps them."""
    try:
        xml = await session.call("GetNetworkInterfaces", envelopes.device_get_network_interfaces())
        interfaces = read_by(parsers.parse_network_interfaces, xml, "GetNetworkInterfaces")
    except (ProtocolViolation, CredentialsRejected):
        return ()  # the login was accepted before: this account may not ask
    said = (one["hardware_address"] for one in interfaces)
    plain = (re.sub("[^0-9a-f]", "", str(each).lower()) for each in said)
    macs = {mac for mac in plain if _MAC.fullmatch(mac) and len(set(mac)) > 1}
    return tuple(sorted(macs)[:_MOST_MACS])


async def read_location(session: OnvifSession) -> GeoLocation | None:
    """Return where the device says it stands; None when it does not know, or has no word for it.

    Parameters
    ----------
    session : OnvifSession
        Open.

    Returns
    -------
    GeoLocation or None

    Raises
    ------
    CredentialsRejected, TimedOut, Unreachable
        As their names say.

    """
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
            if elevation_m is not None and not math.isfinite(elevation_m):
                elevation_m = None
        except (KeyError, ValueError):
            continue
        # A device never told where it stands often says 0, 0.
        if (lon, lat) != (0.0, 0.0) and abs(lon) <= 180 and abs(lat) <= 90:
            return GeoLocation(lon, lat, elevation_m)
    return None


def _device_service(address: CheckedAddress) -> CheckedAddress:
    """Fill in the path every ONVIF device listens at, when only a host was given."""
    if address.path != "/":
        return address
    return CheckedAddress(
        address.scheme, address.host, address.pinned_ip, address.port, "/onvif/device_service"
    )
