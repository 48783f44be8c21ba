"""Sends WS-Discovery probes over IPv4 and IPv6 and collects what answers; onveef reads the XML.

Anybody may answer a probe: a reply with a document type is refused unread, and what is kept is
bounded however much comes in.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from onveef import wsdiscovery
from onveef.wsdiscovery import DiscoveredDevice

PORT = 3702
_GROUP, _GROUP_IPV6 = "239.255.255.250", "ff02::c"
_PROBES = 3
_HOPS = 2
_MOST_FOUND = 1000
_LARGEST_REPLY = 64 * 1024
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """From which own address, or interface, a probe goes where."""

    family: socket.AddressFamily
    local: str
    destination: tuple[str, int] | tuple[str, int, int, int]


class Replies(asyncio.DatagramProtocol):
    """What has answered so far, each device once."""

    def __init__(self) -> None:
        self.found: dict[str, DiscoveredDevice] = {}

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        """Keep the devices of one reply; one that cannot be read is nothing."""
        if len(data) > _LARGEST_REPLY or len(self.found) >= _MOST_FOUND:
            return
        if _DOCTYPE.search(data):
            log.warning(
                "a reply from %s declares a document type", addr[0],
                extra={"action": "discovery.refused"},
            )  # fmt: skip
            return
        for device in wsdiscovery.parse_probe_matches(data.decode("utf-8", "replace")):
            self.found[device.endpoint_reference or device.address or str(addr[0])] = device

    def error_received(self, exc: Exception) -> None:
        """Go on: somebody's port was closed."""


def around(interfaces: Iterable[str] = ()) -> list[Way]:
    """Return the ways of a multicast probe.

    Parameters
    ----------
    interfaces : iterable of str
        Own IPv4 addresses to send from; when empty, all but loopback, and every interface's IPv6.

    """
    chosen = list(interfaces)
    ways = [
        Way(socket.AF_INET, address, (_GROUP, PORT))
        for address in chosen or wsdiscovery.local_ipv4_addresses() or ["0.0.0.0"]  # noqa: S104
    ]
    if not chosen and socket.has_ipv6:
        ways += [
            Way(socket.AF_INET6, "::", (_GROUP_IPV6, PORT, 0, index))
            for index, name in socket.if_nameindex()
            if name != "lo"
        ]
    return ways


def straight_to(address: str, port: int = PORT) -> Way:
    """Return the way of a probe to one IP address."""
    if ":" in address:
        return Way(socket.AF_INET6, "::", (address, port, 0, 0))
    return Way(socket.AF_INET, "0.0.0.0", (address, port))  # noqa: S104


async def ask(ways: Iterable[Way], timeout_s: float) -> list[DiscoveredDevice]:
    """Return what answers within the time, which is always waited out.

    A way that this machine does not have contributes nothing. Probes are spread over the time,
    because datagrams are lost and devices answer late.
    """
    replies = Replies()
    await asyncio.gather(*(_ask(way, timeout_s, replies) for way in ways))
    return list(replies.found.values())


async def _ask(way: Way, timeout_s: float, replies: Replies) -> None:
    try:
        with _opened(way) as mouth:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: replies, sock=mouth.dup()
            )
    except OSError as error:
        log.debug("no way from %s: %s", way.local, error, extra={"action": "discovery.no_way"})
        return
    try:
        for _ in range(_PROBES):
            probe = wsdiscovery.build_probe(message_id=f"urn:uuid:{uuid.uuid4()}")
            transport.sendto(probe.encode(), way.destination)
            await asyncio.sleep(timeout_s / _PROBES)
    finally:
        transport.close()


def _opened(way: Way) -> socket.socket:
    mouth = socket.socket(way.family, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    try:
        mouth.setblocking(False)
        if way.family == socket.AF_INET6:
            mouth.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
        else:
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
            own = socket.inet_aton(way.local)
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        mouth.bind((way.local, 0))
    except OSError:
        mouth.close()
        raise
    return mouth
