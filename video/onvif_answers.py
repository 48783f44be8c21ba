"""Reads what ONVIF devices answer: refusals, faults, answers that need mending, clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from onveef import parsers

from video.errors import ProtocolViolation, Unsupported
from video.mending import element_of

_REFUSALS = ("notauthorized", "not authorized", "sender not authorized", "failedauthentication")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as text; ``is_miscalled``: in another encoding than it says."""

    status: int
    challenge: str
    text: str
    is_miscalled: bool = False


def is_refusal(reply: Reply) -> bool:
    """Return whether the device refuses the login, or the lack of one."""
    if reply.status == 401:
        return True
    # ipycam 1.3.0 sends its faults with status 200, so the status alone tells nothing.
    _, text, _ = element_of(reply.text)
    if not parsers.has_soap_fault(text):
        return False
    fault = text.lower() if len(text) < 16384 else parsers.parse_fault(text)
    return any(refusal in fault for refusal in _REFUSALS)


def response_of(reply: Reply, operation: str) -> tuple[str, set[str]]:
    """Return an answer as XML that can be read, and the quirks it took to read it.

    Raises
    ------
    Unsupported
        The device does not know the operation.
    ProtocolViolation
        Another fault, no XML, or not the answer to this operation.

    """
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


def clock_offset_s(xml: str, now: datetime) -> float:
    """Return how far the device's clock runs ahead, seconds; 0 when it does not say."""
    utc = parsers.parse_system_datetime(xml).get("UTCDateTime") or {}
    try:
        shown = datetime(
            utc["year"], utc["month"], utc["day"],
            utc["hour"], utc["minute"], utc["second"], tzinfo=UTC,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return 0.0
    return (shown - now).total_seconds()
