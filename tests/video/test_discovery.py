"""Discovery over both kinds of addresses, and replies that must not be read."""

import asyncio
import logging
import socket

import pytest

from video.addresses import AddressPolicy
from video.discovery import addresses_of, discover_at, sweep
from video.errors import AddressRefused
from video.simulator.odd_device import OddDevice, OddSpec

REPLY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches>'
    "<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>"
    "<d:Scopes>onvif://www.onvif.org/name/gate</d:Scopes><d:XAddrs>http://10.0.0.1/</d:XAddrs>"
    "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
)


class Answering(asyncio.DatagramProtocol):
    """Gives one reply to every probe."""

    def __init__(self, reply: bytes) -> None:
        self._reply = reply

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data, addr) -> None:
        self._transport.sendto(self._reply, addr)


def answers(host: str, reply: str) -> list[str]:
    """Names of the devices found where somebody answers so."""

    async def asked():
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Answering(reply.encode()), local_addr=(host, 0)
        )
        port = transport.get_extra_info("sockname")[1]
        found = await discover_at(host, 0.6, port=port)
        transport.close()
        return [one.name for one in found]

    return asyncio.run(asked())


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_device_that_answers_a_probe_is_found(host):
    assert answers(host, REPLY) == ["gate"]


@pytest.mark.parametrize(
    "prologue",
    [
        "<!DOCTYPE d>",
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">',
        '<!DOCTYPE d [<!ENTITY a "aaaa">]>',
        "<! doctype d>",
    ],
)
def test_reply_with_a_document_type_is_refused(prologue, caplog):
    caplog.set_level(logging.WARNING)
    assert answers("127.0.0.1", prologue + REPLY) == []
    assert "document type" in caplog.text


def test_ranges_of_either_kind_are_counted_before_they_are_written_out():
    policy = AddressPolicy.of("10.0.0.0/8", "fd00::/8")
    assert addresses_of(["10.1.2.3-10.1.2.5"], policy) == ["10.1.2.3", "10.1.2.4", "10.1.2.5"]
    assert addresses_of(["fd00::10-fd00::12"], policy) == ["fd00::10", "fd00::11", "fd00::12"]
    assert len(addresses_of(["fd00::/120"], policy)) == 255  # without the routers' own anycast
    assert addresses_of(["fd00::7"], policy) == ["fd00::7"]
    for wrong in ("fd00::/64", "10.0.0.0/8", "fd00::1-10.0.0.1", "fd00::9-fd00::1", "x", "fe80::1"):
        with pytest.raises(AddressRefused):
            addresses_of([wrong], policy)


@needs_ipv6
def test_sweep_finds_a_device_at_an_ipv6_address():
    async def swept(port):
        policy = AddressPolicy.of("::1/128")
        addresses = addresses_of(["::1"], policy)
        return [one async for one in sweep(addresses, policy, ports=(port,))]

    with OddDevice(OddSpec(), host="::1") as device:
        port = int(device.authority.rpartition(":")[2])
        (found,) = asyncio.run(swept(port))
    assert found is not None
    assert found.addresses == (f"http://[::1]:{port}/onvif/device_service",)
