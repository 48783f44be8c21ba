"""How far a device's clock is off, and which firmware it runs: one short visit."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from onveef import envelopes, parsers

from video.addresses import AddressPolicy, CheckedAddress
from video.credentials import Credentials
from video.errors import DeviceError, TimedOut
from video.onvif_session import OnvifSession


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Seconds the device runs ahead, None where it keeps that to itself; firmware likewise."""

    offset_s: float | None
    firmware: str | None = None


async def read_clock(
    address: str,
    credentials: Credentials,
    policy: AddressPolicy,
    *,
    call_s: float = 5.0,
    total_s: float = 12.0,
) -> ClockReading:
    """Return what a device says of its clock and firmware.

    Parameters
    ----------
    address : str
        URL of the device service, as enrolled.
    credentials : Credentials
        At most one failed login is spent on them.
    policy : AddressPolicy
        Checked first; the pinned address is the only one connected to.
    call_s, total_s : float
        Deadlines of each call and of the whole visit.

    Returns
    -------
    ClockReading
        The offset is good to half the time of the answer's way and the device's whole second.

    Raises
    ------
    DeviceError
        The device did not answer at all, or refused the login before it told its clock.

    """
    checked = await asyncio.to_thread(policy.check, address)
    if checked.path == "/":
        checked = CheckedAddress(
            checked.scheme, checked.host, checked.pinned_ip, checked.port, "/onvif/device_service"
        )
    try:
        async with (
            asyncio.timeout(total_s),
            OnvifSession(checked, credentials, policy, call_s=call_s) as session,
        ):
            return await _visit(session)
    except TimeoutError:
        raise TimedOut(f"the clock of {checked.authority} took over {total_s:g} s") from None


async def _visit(session: OnvifSession) -> ClockReading:
    try:
        await session.open()
    except DeviceError:
        # Nothing was told when it is exactly nought: what is measured never is.
        if session.clock_offset_s == 0.0:
            raise
        return ClockReading(session.clock_offset_s)
    offset_s = session.clock_offset_s or None
    with suppress(DeviceError):
        xml = await session.call("GetDeviceInformation", envelopes.device_get_information())
        told = parsers.parse_device_information(xml) or {}
        return ClockReading(offset_s, str(told.get("FirmwareVersion", ""))[:200] or None)
    return ClockReading(offset_s)
