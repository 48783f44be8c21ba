"""Reads what ONVIF devices answer: refusals, faults, answers that need mending, clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from xml.etree.ElementTree import Element

from onveef import parsers

from video.errors import ProtocolViolation, Unsupported
from video.instants import YEARS
from video.mending import element_of

T = TypeVar("T")
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
    if "Fault" not in reply.text:
        # Said without SOAP it is the web server's: locked out, or ONVIF closed to this account.
        return reply.status == 403
    # ipycam 1.3.0 sends its faults with status 200, so the status alone tells nothing.
    _, text, _ = element_of(reply.text)
    if not parsers.has_soap_fault(text):
        return False
    fault = text if len(text) < 16384 else parsers.parse_fault(text)
    return any(refusal in fault.lower() for refusal in _REFUSALS)


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
    if "Fault" in text and parsers.has_soap_fault(text):
        fault = parsers.parse_fault(text)[:200]
        # The reason may be in any language; the code beside it is the standard's.
        if parsers.fault_is_unsupported(fault + _subcode(root)):
            raise Unsupported(f"{operation}: {fault}")
        raise ProtocolViolation(f"{operation}: {fault}")
    if parsers.find_local(root, f"{operation}Response") is None:
        raise ProtocolViolation(f"{operation}: no {operation}Response in the answer")
    return text, quirks


def _subcode(root: Element) -> str:
    codes = parsers.find_all_local(root, "Subcode")
    return " ".join(parsers.child_text(code, "Value")[:100] for code in codes)


def read_by(parse: Callable[[str], T], xml: str, operation: str) -> T:
    """Return what one of onveef's parsers makes of an answer.

    Raises
    ------
    ProtocolViolation
        The answer holds a number no device can mean: onveef 0.6.0 raises OverflowError at `1e999`.

    """
    try:
        return parse(xml)
    except (ArithmeticError, ValueError):
        raise ProtocolViolation(f"{operation}: a number in the answer cannot be read") from None


def _likeness(text: str) -> str:
    """Return what an answer that is no XML looks like, for the person who reads the error."""
    if not text.strip():
        return "the answer is empty"
    return "the answer is not XML" + (", a web page" if "<html" in text[:2000].lower() else "")


def clock_offset_s(xml: str, now: datetime) -> float:
    """Return how far the device's clock runs ahead, seconds; 0 when it does not say."""
    shown = shown_time(xml)
    return 0.0 if shown is None else (shown - now).total_seconds()


def shown_time(xml: str) -> datetime | None:
    """Return what a device's clock shows; None where it does not say, or no time of this age.

    A clock in the year 1 or 9999 would carry every later sum out of the calendar.
    """
    try:
        said = read_by(parsers.parse_system_datetime, xml, "GetSystemDateAndTime")
        utc = said.get("UTCDateTime") or {}
        shown = datetime(
            utc["year"], utc["month"], utc["day"],
            utc["hour"], utc["minute"], utc["second"], tzinfo=UTC,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError, ProtocolViolation):
        return None
    return shown if shown.year in YEARS else None
