"""Calls one ONVIF device over HTTP under our rules; onveef only writes and reads the XML.

onveef's own transport spends up to six failed logins on one wrong password and has no total
deadline (VIDEO.md section 2); here a session spends one, and stops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self

from onveef import envelopes, parsers

from video.addresses import AddressPolicy, CheckedAddress, host_named
from video.credentials import Credentials
from video.errors import AddressRefused, CredentialsRejected, ProtocolViolation, Unsupported
from video.onvif_answers import Reply, clock_offset_s, is_refusal, response_of
from video.onvif_wire import OnvifWire
from video.redaction import redact

LoginMode = Literal["none", "digest", "wsse"]
_QUESTION = re.compile(r"\s*<\w+:Get")
_SKEW_S = 5.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one subscription answers, and the header blocks (XML) its device wants echoed."""

    address: CheckedAddress
    echoed: str = ""


@dataclass(frozen=True, slots=True)
class _Manner:
    """How one call differs from others: WS-Addressing, echoed header blocks, its own deadline."""

    action: str = ""
    echoed: str = ""
    call_s: float | None = None


class OnvifSession:
    """One device, one login; an asynchronous context manager.

    Parameters
    ----------
    device : CheckedAddress
        The device service; every other service is called at the same pinned address.
    credentials : Credentials
    policy : AddressPolicy
    call_s : float
        Deadline of each call, a slowly dripping answer included.

    """

    def __init__(
        self,
        device: CheckedAddress,
        credentials: Credentials,
        policy: AddressPolicy,
        *,
        call_s: float = 5.0,
    ) -> None:
        self.device = device
        self.clock_offset_s = 0.0
        self.mode: LoginMode = "none"
        self.quirks: set[str] = set()
        self._credentials = credentials
        self._policy = policy
        self._is_rejected = False
        self._services: dict[str, CheckedAddress] = {"device": device}
        self._unusable: dict[str, AddressRefused] = {}
        self._wire = OnvifWire(credentials, call_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wire.close()

    def has(self, service: str) -> bool:
        """Return whether the device offers the service: media, media2, ptz and so on."""
        return service in self._services

    async def greet(self) -> None:
        """Ask the device for its time, as anybody may; no login is sent.

        Raises
        ------
        DeviceError
            Nobody there, or no ONVIF device.

        """
        await self._read_clock()

    async def open(self) -> None:
        """Learn the device's clock, how it wants us to log in, and its services.

        The login is learnt by asking without one, which no device counts as a failed attempt.

        Raises
        ------
        DeviceError
            Not an ONVIF device, not reachable, or the login was refused.

        """
        await self._read_clock()
        await self._learn_login()
        await self._find_services()

    def blanked(self, url: str) -> str:
        """Return an address of the device without the session's login."""
        return self._credentials.blanked(url)

    def own(self, url: str) -> CheckedAddress:
        """Return an address the device named, pinned to the device itself.

        Raises
        ------
        AddressRefused
            It lies elsewhere.

        """
        return self._policy.check_own(url, self.device)

    async def call_at(
        self, endpoint: Endpoint, operation: str, body: str, *, action: str, call_s: float
    ) -> str:
        """Return the answer of an endpoint the device has made for us; else as `call`.

        Parameters
        ----------
        endpoint : Endpoint
            Within the device's own address; see `own`.
        operation, body : str
            As of `call`.
        action : str
            WS-Addressing action, without which some devices do not know the operation.
        call_s : float
            Deadline of this call: a long poll waits longer than others.

        """
        manner = _Manner(action, endpoint.echoed, call_s)
        return await self._asked(endpoint.address, operation, body, manner)

    async def call(self, operation: str, body: str, *, service: str = "device") -> str:
        """Return the device's answer to one operation, as XML that holds its response element.

        Parameters
        ----------
        operation : str
            ``GetProfiles`` for instance.
        body : str
            The request element, as onveef's ``envelopes`` write it.
        service : str
            Key of the service.

        Returns
        -------
        str

        Raises
        ------
        Unsupported
            The device lacks the service or the operation.
        CredentialsRejected
            Login refused, now or earlier in this session; nothing is sent after the first time.
        TimedOut, Unreachable, AddressRefused, ProtocolViolation
            As their names say; an empty answer is a violation.

        """
        if service in self._unusable:
            raise self._unusable[service]
        if service not in self._services:
            raise Unsupported(f"no {service} service")
        return await self._asked(self._services[service], operation, body, _Manner())

    async def _asked(
        self, address: CheckedAddress, operation: str, body: str, manner: _Manner
    ) -> str:
        if self._is_rejected:
            raise CredentialsRejected("refused earlier; not tried again")
        reply = await self._send(address, body, login=True, manner=manner)
        if is_refusal(reply):
            self._is_rejected = True
            raise CredentialsRejected(operation)
        return self._require_response(reply, operation)

    async def _read_clock(self) -> None:
        body = envelopes.device_get_system_date_time()
        reply = await self._send(self.device, body, login=False)
        if is_refusal(reply):
            self.quirks.add("guarded_clock")
            return
        xml = self._require_response(reply, "GetSystemDateAndTime")
        self.clock_offset_s = clock_offset_s(xml, datetime.now(UTC))
        if abs(self.clock_offset_s) > _SKEW_S:
            self.quirks.add("clock_skew")

    async def _learn_login(self) -> None:
        reply = await self._send(self.device, envelopes.device_get_information(), login=False)
        if not is_refusal(reply):
            self._require_response(reply, "GetDeviceInformation")
            # Open device: a login is still sent where one is known, other calls may need it.
            self.mode = "wsse" if self._credentials.given else "none"
            return
        if not self._credentials.given:
            raise CredentialsRejected("the device asks for a login and none is known")
        self.mode = "digest" if "digest" in reply.challenge.lower() else "wsse"

    async def _find_services(self) -> None:
        try:
            xml = await self.call("GetServices", envelopes.device_get_services())
            found = parsers.parse_services(xml)
        except (ProtocolViolation, Unsupported):
            found = {}
        if not found:
            self.quirks.add("no_get_services")
            xml = await self.call("GetCapabilities", envelopes.device_get_capabilities())
            found = parsers.parse_capabilities(xml)
        for name, url in found.items():
            if name == "device":
                continue
            try:
                self._services[name] = self._own(url)
            except AddressRefused as refused:  # told when it is needed: it may never be
                self._unusable[name] = refused

    def _own(self, url: str) -> CheckedAddress:
        address = self._policy.check_own(url, self.device)
        if host_named(url) not in {self.device.host, self.device.pinned_ip}:
            self.quirks.add("foreign_xaddr")
        return address

    def _require_response(self, reply: Reply, operation: str) -> str:
        try:
            xml, mended = response_of(reply, operation)
        except ProtocolViolation as violation:
            # A device may repeat in its fault what it was sent.
            raise type(violation)(redact(violation.detail, self._credentials.secrets())) from None
        self.quirks.update(mended)
        return xml

    async def _send(
        self, address: CheckedAddress, body: str, *, login: bool, manner: _Manner | None = None
    ) -> Reply:
        manner = manner or _Manner()
        with_token = login and self.mode == "wsse"
        envelope = envelopes.build_envelope(
            body,
            username=self._credentials.username if with_token else "",
            password=self._credentials.password if with_token else "",
            clock_offset_s=self.clock_offset_s,
            wsa_action=manner.action,
            wsa_to=address.url if manner.action else "",
        )
        if manner.echoed:
            envelope = envelope.replace("<s:Header>", f"<s:Header>{manner.echoed}", 1)
        reply, is_second = await self._wire.send(
            address,
            envelope,
            by_digest=login and self.mode == "digest",
            is_question=bool(_QUESTION.match(body)),
            call_s=manner.call_s,
        )
        if is_second:
            self.quirks.add("drops_kept_connections")
        return reply
