"""Finds ONVIF devices on the network by WS-Discovery. What is found is hearsay until probed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from onveef import wsdiscovery

_MOST_FOUND = 1000


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
        Own addresses to send from; all but loopback when empty.

    Returns
    -------
    list of Found
        Sorted by name, at most 1000.

    """
    chosen = list(interfaces) or None
    answers = await wsdiscovery.discover_async(timeout_s=timeout_s, interface_ip=chosen)
    return _found(answers)


async def discover_at(address: str, timeout_s: float = 2.0, *, port: int = 3702) -> list[Found]:
    """Return the devices that answer a probe sent to one address; for networks without multicast.

    Parameters
    ----------
    address : str
        IP address.
    timeout_s : float
        How long to listen; always waited out.
    port : int
        UDP port, 3702 by the standard.

    Returns
    -------
    list of Found

    """
    answers = await asyncio.to_thread(
        wsdiscovery.probe_device, address, timeout_s=timeout_s, port=port
    )
    return _found(answers)


def _found(answers: list[wsdiscovery.DiscoveredDevice]) -> list[Found]:
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
