"""Calls one ONVIF device over HTTP under our rules; onveef only writes and reads the XML.

onveef's own transport spends up to six failed logins on one wrong password and has no total
deadline (VIDEO.md section 2); here a session spends one, and stops.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self
from urllib.parse import urlsplit

import httpx
from onveef import envelopes, parsers

from video.addresses import AddressPolicy, CheckedAddress
from video.bounded import BoundedTransport
from video.credentials import Credentials
from video.errors import (
    CredentialsRejected,
    DeviceError,
    ProtocolViolation,
    TimedOut,
    Unreachable,
    Unsupported,
)
from video.mending import element_of, text_of

LoginMode = Literal["none", "digest", "wsse"]
LARGEST_ANSWER = 2 * 1024 * 1024
_CONTENT_TYPE = "application/soap+xml; charset=utf-8"
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_QUESTION = re.compile(r"\s*<\w+:Get")
_SKEW_S = 5.0
_REFUSALS = ("notauthorized", "not authorized", "sender not authorized", "failedauthentication")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one subscription answers, and the header blocks (XML) its device wants echoed."""

    address: CheckedAddress
    echoed: str = ""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    challenge: str
    text: str
    is_miscalled: bool = False


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
        self._call_s = call_s
        self._is_rejected = False
        self._has_answered = False
        self._services: dict[str, CheckedAddress] = {"device": device}
        self._digest = httpx.DigestAuth(credentials.username, credentials.password)
        self._client = httpx.AsyncClient(
            transport=BoundedTransport(LARGEST_ANSWER), trust_env=False, timeout=call_s
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

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
        if service not in self._services:
            raise Unsupported(f"no {service} service")
        return await self._asked(self._services[service], operation, body, _Manner())

    async def _asked(
        self, address: CheckedAddress, operation: str, body: str, manner: _Manner
    ) -> str:
        if self._is_rejected:
            raise CredentialsRejected("refused earlier; not tried again")
        reply = await self._send(address, body, login=True, manner=manner)
        if _is_refusal(reply):
            self._is_rejected = True
            raise CredentialsRejected(operation)
        return self._require_response(reply, operation)

    async def _read_clock(self) -> None:
        body = envelopes.device_get_system_date_time()
        reply = await self._send(self.device, body, login=False)
        if _is_refusal(reply):
            self.quirks.add("guarded_clock")
            return
        xml = self._require_response(reply, "GetSystemDateAndTime")
        self.clock_offset_s = _clock_offset_s(xml, datetime.now(UTC))
        if abs(self.clock_offset_s) > _SKEW_S:
            self.quirks.add("clock_skew")

    async def _learn_login(self) -> None:
        reply = await self._send(self.device, envelopes.device_get_information(), login=False)
        if not _is_refusal(reply):
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
            if name != "device":
                self._services[name] = self._own(url)

    def _own(self, url: str) -> CheckedAddress:
        address = self._policy.check_own(url, self.device)
        if urlsplit(url).hostname not in {self.device.host, self.device.pinned_ip}:
            self.quirks.add("foreign_xaddr")
        return address

    def _require_response(self, reply: _Reply, operation: str) -> str:
        xml, mended = _response(reply, operation)
        self.quirks.update(mended)
        return xml

    async def _send(
        self, address: CheckedAddress, body: str, *, login: bool, manner: _Manner | None = None
    ) -> _Reply:
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
        call_s = manner.call_s or self._call_s
        auth = self._digest if login and self.mode == "digest" else None
        async with self._translated(address, call_s):
            try:
                reply = await self._post(address.url, envelope, auth, call_s)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if not (self._has_answered and _QUESTION.match(body)):
                    raise
                self.quirks.add("drops_kept_connections")
                reply = await self._post(address.url, envelope, auth, call_s)
        self._has_answered = True
        return reply

    async def _post(
        self, url: str, envelope: str, auth: httpx.Auth | None, call_s: float
    ) -> _Reply:
        headers = {"Content-Type": _CONTENT_TYPE}
        async with self._client.stream(
            "POST", url, content=envelope, headers=headers, auth=auth, timeout=call_s
        ) as answer:
            said, is_miscalled = text_of(await answer.aread())
            # SOAP 1.2 forbids it; defusedxml lets one without entities pass.
            if _DOCTYPE.search(said):
                raise ProtocolViolation("the answer declares a document type")
            challenge = answer.headers.get("WWW-Authenticate", "")
            return _Reply(answer.status_code, challenge, said, is_miscalled)

    @asynccontextmanager
    async def _translated(self, address: CheckedAddress, call_s: float) -> AsyncIterator[None]:
        """Give httpx's errors our names and the call its deadline."""
        try:
            async with asyncio.timeout(call_s):
                yield
        except DeviceError:
            raise
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut(f"no answer from {address.authority}") from None
        except (httpx.ConnectError, httpx.ReadError):
            raise Unreachable(address.authority) from None
        except httpx.HTTPError as error:
            if "disconnected" in str(error):  # closed without a word: nobody is at home
                raise Unreachable(address.authority) from None
            raise ProtocolViolation(f"{address.authority}: {type(error).__name__}") from None


def _is_refusal(reply: _Reply) -> bool:
    if reply.status == 401:
        return True
    # ipycam 1.3.0 sends its faults with status 200, so the status alone tells nothing.
    _, text, _ = element_of(reply.text)
    if not parsers.has_soap_fault(text):
        return False
    fault = text.lower() if len(text) < 16384 else parsers.parse_fault(text)
    return any(refusal in fault for refusal in _REFUSALS)


def _response(reply: _Reply, operation: str) -> tuple[str, set[str]]:
    """Return an answer as XML that can be read, and the quirks it took to read it."""
    root, text, mended = element_of(reply.text)
    quirks = set(mended) | ({"wrong_charset"} if reply.is_miscalled else set())
    if root is None:
        raise ProtocolViolation(f"{operation}: {_likeness(text)} (status {reply.status})")
    if parsers.has_soap_fault(text):
        fault = parsers.parse_fault(text)[:200]
        if parsers.fault_is_unsupported(fault):
            raise Unsupported(f"{operation}: {fault}")
        raise ProtocolViolation(f"{operation}: {fault}")
    if parsers.find_local(root, f"{operation}Response") is None:
        raise ProtocolViolation(f"{operation}: no {operation}Response in the answer")
    return text, quirks


def _likeness(text: str) -> str:
    """Return what an answer that is no XML looks like, for the person who reads the error."""
    if not text.strip():
        return "the answer is empty"
    return "the answer is not XML" + (", a web page" if "<html" in text[:2000].lower() else "")


def _clock_offset_s(xml: str, now: datetime) -> float:
    """Return how far the device's clock runs ahead; 0 when it does not say."""
    utc = parsers.parse_system_datetime(xml).get("UTCDateTime") or {}
    try:
        shown = datetime(
            utc["year"], utc["month"], utc["day"],
            utc["hour"], utc["minute"], utc["second"], tzinfo=UTC,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return 0.0
    return (shown - now).total_seconds()
