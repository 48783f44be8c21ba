"""A pull point: the subscription at a device by which its events come, one long poll at a time.

onveef 0.6.0 cannot do this itself: its client's ``PullMessages`` always fails, because a timeout is
built from a timeout (VIDEO.md section 2). Its envelopes and parsers are sound and used here over
our own session.
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from onveef import envelopes, parsers

from video.errors import DeviceError, ProtocolViolation, Unsupported
from video.events import Reading, read_events
from video.onvif_session import Endpoint, OnvifSession

_ACTIONS = "http://www.onvif.org/ver10/events/wsdl"
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
_LEAST_S, _MOST_S = 10.0, 3600.0
_GONE = (
    "resourceunknown", "resource unknown", "expired", "not found", "no such", "does not exist",
    "invalid sub", "unknown subscription",
)  # fmt: skip
_SLACK_S = 6.0
"""How much longer than asked an answer to a long poll may take."""


class SubscriptionLost(ProtocolViolation):
    """The device knows this subscription no more: it has restarted or let it expire; make anew."""

    code = "device.subscription_lost"


class PullPoint:
    """One subscription of one session; made by `open_pull_point`.

    Expiry is counted on our own clock from the span the device grants, so that a device whose
    clock is wrong is renewed in time all the same.
    """

    def __init__(self, session: OnvifSession, endpoint: Endpoint, *, wanted_s: float) -> None:
        self._session = session
        self._endpoint = endpoint
        self._wanted_s = wanted_s
        self._renews = True
        self._expires = time.monotonic() + wanted_s

    @property
    def remaining_s(self) -> float:
        """How long the device keeps the subscription, unless it is renewed or polled."""
        return self._expires - time.monotonic()

    async def pull(self, wait_s: float, most: int = 100) -> Reading:
        """Return what the device has to tell, as soon as it has, else after a wait.

        Parameters
        ----------
        wait_s : float
            How long the device shall wait for something to happen.
        most : int
            Messages of one answer; the rest comes with the next.

        Returns
        -------
        Reading

        Raises
        ------
        SubscriptionLost
            The subscription is gone; make a new one.
        DeviceError
            The device could not be asked; see `OnvifSession.call`.

        """
        body = envelopes.events_pull_messages(timeout=f"PT{wait_s:g}S", message_limit=most)
        action = f"{_ACTIONS}/PullPointSubscription/PullMessagesRequest"
        xml = await self._ask("PullMessages", body, action, wait_s + _SLACK_S)
        self._expires = max(self._expires, time.monotonic() + _granted_s(xml, 0.0))
        return read_events(xml)

    async def renew(self) -> None:
        """Ask for the whole span anew; where a device cannot, its polls keep the subscription.

        Raises
        ------
        SubscriptionLost, DeviceError
            As `pull`.

        """
        if not self._renews:
            return
        body = envelopes.events_renew(termination_time=f"PT{self._wanted_s:g}S")
        try:
            xml = await self._ask("Renew", body, f"{_MANAGER}/RenewRequest", _SLACK_S)
        except Unsupported:
            self._renews = False
            return
        self._expires = time.monotonic() + _granted_s(xml, self._wanted_s)

    async def synchronize(self) -> None:
        """Ask for the present state of everything; what a device cannot, it need not."""
        body = envelopes.events_set_synchronization_point()
        action = f"{_ACTIONS}/PullPointSubscription/SetSynchronizationPointRequest"
        with contextlib.suppress(Unsupported):
            await self._ask("SetSynchronizationPoint", body, action, _SLACK_S)

    async def close(self) -> None:
        """Tell the device that nobody listens any more; it forgets by itself where it is deaf."""
        action = f"{_MANAGER}/UnsubscribeRequest"
        with contextlib.suppress(DeviceError):
            await self._ask("Unsubscribe", envelopes.events_unsubscribe(), action, _SLACK_S)

    async def _ask(self, operation: str, body: str, action: str, call_s: float) -> str:
        try:
            return await self._session.call_at(
                self._endpoint, operation, body, action=action, call_s=call_s
            )
        except Unsupported:
            raise
        except ProtocolViolation as violation:
            if _is_gone(violation.detail):
                raise SubscriptionLost(violation.detail) from None
            raise


async def open_pull_point(session: OnvifSession, *, span_s: float = 60.0) -> PullPoint:
    """Return a new subscription to all events of a device.

    Parameters
    ----------
    session : OnvifSession
        Opened; it stays the caller's to close.
    span_s : float
        For how long the device is asked to keep the subscription without hearing of us.

    Raises
    ------
    Unsupported
        The device has no events.
    ProtocolViolation
        The answer names no address to poll.
    AddressRefused
        It names one that is not its own.
    DeviceError
        As `OnvifSession.call`.

    """
    body = envelopes.events_create_pull_point_subscription(termination_time=f"PT{span_s:g}S")
    xml = await session.call("CreatePullPointSubscription", body, service="events")
    made: dict[str, Any] = parsers.parse_create_pull_point(xml)
    url = str(made.get("subscription_url") or "")
    if not url:
        raise ProtocolViolation("CreatePullPointSubscription: no address to poll")
    endpoint = Endpoint(session.own(url), _echoed(xml))
    point = PullPoint(session, endpoint, wanted_s=span_s)
    point._expires = time.monotonic() + _granted_s(xml, span_s)
    return point


def _granted_s(xml: str, otherwise: float) -> float:
    """Return the span the device grants by its own clock, between 10 s and an hour."""
    root = parsers.parse_xml(xml)
    now = _moment(root, "CurrentTime")
    end = _moment(root, "TerminationTime")
    if now is None or end is None or end <= now:
        return otherwise
    return min(max((end - now).total_seconds(), _LEAST_S), _MOST_S)


def _moment(root: Any, name: str) -> datetime | None:
    found = None if root is None else parsers.find_local(root, name)
    try:
        moment = datetime.fromisoformat((found.text or "").strip()) if found is not None else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _echoed(xml: str) -> str:
    """Return the reference parameters as header blocks (WS-Addressing 1.0, section 2.1).

    Axis tells its subscriptions apart by them alone: all share one address.
    """
    root = parsers.parse_xml(xml)
    reference = None if root is None else parsers.find_local(root, "SubscriptionReference")
    holder = None if reference is None else parsers.find_local(reference, "ReferenceParameters")
    if holder is None:
        return ""
    return "".join(ElementTree.tostring(block, "unicode") for block in holder)[:4096]


def _is_gone(fault: str) -> bool:
    """Return whether a fault means that the subscription has ended, in the ways makers say so."""
    said = fault.lower()
    return any(word in said for word in _GONE)
