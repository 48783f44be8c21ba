"""WS-Discovery responder of the simulated cameras: Probe in, one ProbeMatch per device out."""

import asyncio
import logging
import socket
import struct
import uuid
from collections.abc import Iterator, Mapping
from typing import Self, cast

from video.simulator.devices import Fault, SimulatedDevice
from video.simulator.onvif_device import scope_values
from video.simulator.soap import SoapFault, parse, text

log = logging.getLogger(__name__)

PORT = 3702
GROUP = "239.255.255.250"
_WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DN = "http://www.onvif.org/ver10/network/wsdl"
#: Endpoint addresses are derived from device ids, so that they outlive a restart.
_NAMESPACE_ID = uuid.UUID("6f1c2b1e-6f3c-4d5e-9a55-000000000001")


class DiscoveryResponder(asyncio.DatagramProtocol):
    """Answers probes for network video transmitters on UDP port 3702, multicast and unicast."""

    def __init__(
        self, devices: Mapping[str, SimulatedDevice], *, host: str, onvif_port: int
    ) -> None:
        self._devices = devices
        self._host = host
        self._onvif_port = onvif_port
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(
        cls, devices: Mapping[str, SimulatedDevice], *, host: str, onvif_port: int
    ) -> Self:
        """Bind the port and join the group on the interface of *host*.

        A machine whose loopback has no multicast route is still reached by unicast.
        """
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", PORT))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(host))
        try:
            listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        except OSError:
            log.warning("no multicast here", extra={"action": "simulator.discovery_unicast"})
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: cls(devices, host=host, onvif_port=onvif_port), sock=listener
        )
        return protocol

    def close(self) -> None:
        """Free the port."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The selector loop's transport does not inherit from DatagramTransport before 3.12.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        try:
            probe = parse(data)
        except SoapFault:
            return
        if (probe.namespace, probe.name) != (_WSD, "Probe") or probe.header is None:
            return
        message = probe.header.find(f"{{{_WSA}}}MessageID")
        types = probe.body.find(f"{{{_WSD}}}Types")
        wanted = (types.text or "") if types is not None else ""
        if wanted.strip() and "NetworkVideoTransmitter" not in wanted and "Device" not in wanted:
            return
        relates = (message.text or "") if message is not None else ""
        host = _own_address(addr) if self._host == "0.0.0.0" else self._host  # noqa: S104
        for answer in self._answers(relates, f"{host}:{self._onvif_port}"):
            if self._transport is not None:
                self._transport.sendto(answer, addr)

    def _answers(self, relates_to: str, authority: str) -> Iterator[bytes]:
        for device in self._devices.values():
            if device.fault is not Fault.DEAD:
                yield _match(device, relates_to, authority)


def _own_address(asker: tuple[str | object, int]) -> str:
    """The address of this machine that *asker* can reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        towards.connect(asker)
        return str(towards.getsockname()[0])


def _match(device: SimulatedDevice, relates_to: str, authority: str) -> bytes:
    address = f"urn:uuid:{uuid.uuid5(_NAMESPACE_ID, device.spec.id)}"
    url = f"http://{authority}/{device.spec.id}/onvif/device_service"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"'
        f' xmlns:wsa="{_WSA}" xmlns:d="{_WSD}" xmlns:dn="{_DN}"><env:Header>'
        f"<wsa:MessageID>urn:uuid:{uuid.uuid4()}</wsa:MessageID>"
        f"<wsa:RelatesTo>{text(relates_to)}</wsa:RelatesTo>"
        f"<wsa:To>{_WSA}/role/anonymous</wsa:To><wsa:Action>{_WSD}/ProbeMatches</wsa:Action>"
        "</env:Header><env:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<wsa:EndpointReference><wsa:Address>{address}</wsa:Address>"
        "</wsa:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types>"
        f"<d:Scopes>{text(' '.join(scope_values(device)))}</d:Scopes>"
        f"<d:XAddrs>{text(url)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
        "</d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"
    ).encode()
