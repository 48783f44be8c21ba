"""Finds ONVIF devices by WS-Discovery and by asking addresses one by one.

What is found is hearsay until probed. No login is sent here.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from onveef.wsdiscovery import DiscoveredDevice

from video import wsdiscovery
from video.addresses import AddressPolicy, CheckedAddress, Network
from video.credentials import Credentials
from video.errors import AddressRefused, DeviceError
from video.onvif_session import OnvifSession

MOST_ADDRESSES = 4096
_MOST_FOUND = 1000
_CONNECT_S, _GREET_S = 1.0, 3.0


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered; ``addresses`` are device service URLs as it states them."""

    endpoint: str
    addresses: tuple[str, ...]
    name: str
    hardware: str
    location: str


async def discover(timeout_s: float = 3.0, *, interfaces: Iterable[str] = ()) -> list[Found]:
    """Return the devices that answer a multicast probe within the time.

    Parameters
    ----------
    timeout_s : float
        How long to listen; always waited out, since devices answer late.
    interfaces : iterable of str
        Own IPv4 addresses to send from; when empty all but loopback, and IPv6 besides.

    Returns
    -------
    list of Found
        Sorted by name, at most 1000.

    """
    return _found(await wsdiscovery.ask(wsdiscovery.around(interfaces), timeout_s))


async def discover_at(address: str, timeout_s: float = 2.0, *, port: int = 3702) -> list[Found]:
    """Return the devices that answer a probe sent to one address; for networks without multicast.

    Parameters
    ----------
    address : str
        IP address, of either kind.
    timeout_s : float
        How long to listen; always waited out.
    port : int
        UDP port, 3702 by the standard.

    Returns
    -------
    list of Found

    """
    return _found(await wsdiscovery.ask([wsdiscovery.straight_to(address, port)], timeout_s))


def addresses_of(ranges: Iterable[str], policy: AddressPolicy) -> list[str]:
    """Return the addresses of ranges like ``10.1.2.0/24``, ``10.1.2.10-10.1.2.60``, ``fd00::/120``.

    Raises
    ------
    AddressRefused
        A range cannot be read, reaches outside the allowed networks, or together they hold more
        than 4096 addresses.

    """
    found: list[str] = []
    for text in ranges:
        blocks = _blocks(text.strip())
        if sum(block.num_addresses for block in blocks) + len(found) > MOST_ADDRESSES:
            raise AddressRefused(f"more than {MOST_ADDRESSES} addresses")
        for block in blocks:
            # Ends alone would do for one network; a range may span several.
            hosts = block if block.num_addresses <= 2 else block.hosts()
            found += [str(policy.check_ip(str(host))) for host in hosts]
    return list(dict.fromkeys(found))


def _blocks(text: str) -> list[Network]:
    first, dash, last = text.partition("-")
    try:
        if not dash:
            return [ipaddress.ip_network(text, strict=False)]
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return list(ipaddress.summarize_address_range(low, high))
    except (ValueError, TypeError) as error:  # no address, upside down, one of either kind
        raise AddressRefused(f"the range {text[:40]!r} cannot be read") from error


async def sweep(
    addresses: Iterable[str],
    policy: AddressPolicy,
    *,
    ports: Iterable[int] = (80,),
    per_s: float = 50.0,
    at_once: int = 32,
) -> AsyncIterator[Found | None]:
    """Ask addresses one by one whether an ONVIF device answers there.

    Parameters
    ----------
    addresses : iterable of str
        IP addresses; see `addresses_of`.
    policy : AddressPolicy
        Nothing outside it is connected to.
    ports : iterable of int
        Tried at each address in turn.
    per_s : float
        New connections a second at most: cameras' switches are small.
    at_once : int
        Addresses being asked at one time.

    Yields
    ------
    Found or None
        One for each address as it is done; None where nobody is.

    """
    tried = tuple(ports)
    left = iter(addresses)
    pace = _Pace(per_s)
    pending: set[asyncio.Task[Found | None]] = set()
    try:
        while True:
            while len(pending) < at_once and (address := next(left, None)) is not None:
                pending.add(asyncio.create_task(_ask_ports(address, tried, policy, pace)))
            if not pending:
                return
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


class _Pace:
    """Lets so many through a second, evenly."""

    def __init__(self, per_s: float) -> None:
        self._every_s = 1.0 / per_s
        self._next = 0.0

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._every_s, now)
        await asyncio.sleep(self._next - now)


async def _ask_ports(
    address: str, ports: tuple[int, ...], policy: AddressPolicy, pace: _Pace
) -> Found | None:
    for port in ports:
        await pace.wait()
        try:
            host = f"[{address}]" if ":" in address else address
            device = policy.check(f"http://{host}:{port}/onvif/device_service")
            if await _is_open(device) and await _greets(device, policy):
                return await _introduced(device)
        except DeviceError:
            continue
    return None


async def _is_open(device: CheckedAddress) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(device.pinned_ip, device.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _greets(device: CheckedAddress, policy: AddressPolicy) -> bool:
    """Return whether the device tells the time as ONVIF devices do, to anybody."""
    async with OnvifSession(device, Credentials(), policy, call_s=_GREET_S) as session:
        await session.greet()
    return True


async def _introduced(device: CheckedAddress) -> Found:
    """Return the device by what it says of itself over discovery, its address as it was reached."""
    ip = f"[{device.pinned_ip}]" if ":" in device.pinned_ip else device.pinned_ip
    for found in await discover_at(device.pinned_ip, 0.5):
        if any(f"//{ip}" in address for address in found.addresses):
            return Found(found.endpoint, (device.url,), found.name, found.hardware, found.location)
    return Found("", (device.url,), "", "", "")


def _found(answers: list[DiscoveredDevice]) -> list[Found]:
    devices = [
        Found(
            endpoint=answer.endpoint_reference,
            addresses=tuple(answer.xaddrs),
            name=unquote(answer.name),
            hardware=unquote(answer.hardware),
            location=unquote(answer.location),
        )
        for answer in answers[:_MOST_FOUND]
    ]
    return sorted(devices, key=lambda device: (device.name, device.endpoint))
