"""SOAP 1.2 as ONVIF uses it: the request's operation, the reply envelope, faults."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
NAMESPACES = {
    "env": ENVELOPE,
    "ter": "http://www.onvif.org/ver10/error",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsa5": "http://www.w3.org/2005/08/addressing",
}
CONTENT_TYPE = "application/soap+xml; charset=utf-8"

_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


class SoapFault(Exception):
    """The device refuses: *code* is Sender or Receiver, *subcodes* the ONVIF `ter:` names."""

    def __init__(self, code: str, *subcodes: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.subcodes = subcodes
        self.reason = reason

    @property
    def http_status(self) -> int:
        """HTTP status of SOAP 1.2 part 2, section 7.5.2.2: the sender's faults are 400."""
        return 400 if self.code == "Sender" else 500


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """An operation: namespace and name of the body's child, the child, the header if any."""

    namespace: str
    name: str
    body: Element
    header: Element | None


def parse(document: bytes) -> SoapRequest:
    """The operation in a SOAP envelope.

    Raises
    ------
    SoapFault
        Not well-formed, a document type declaration, or not an envelope.

    """
    try:
        root: Element = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SoapFault("Sender", "WellFormed", reason="not well-formed, or a DTD") from error
    body = root.find(f"{{{ENVELOPE}}}Body")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or body is None or len(body) == 0:
        raise SoapFault("Sender", "WellFormed", reason="no SOAP 1.2 envelope with a body")
    namespace, _, name = body[0].tag.lstrip("{").rpartition("}")
    return SoapRequest(namespace, name, body[0], root.find(f"{{{ENVELOPE}}}Header"))


def envelope(body: str) -> bytes:
    """A reply envelope round *body*; all prefixes of `NAMESPACES` are declared."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<env:Envelope {_DECLARATIONS}><env:Body>{body}</env:Body></env:Envelope>"
    ).encode()


def fault_envelope(fault: SoapFault) -> bytes:
    """The reply for *fault*; the first subcode is the outer one."""
    nested = ""
    for name in reversed(fault.subcodes):
        nested = f"<env:Subcode><env:Value>ter:{name}</env:Value>{nested}</env:Subcode>"
    return envelope(
        f"<env:Fault><env:Code><env:Value>env:{fault.code}</env:Value>{nested}</env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{text(fault.reason)}</env:Text></env:Reason>'
        "</env:Fault>"
    )


def text(value: object) -> str:
    """*value* as XML character data."""
    return escape(str(value))


def attribute(value: object) -> str:
    """*value* as a quoted XML attribute."""
    return quoteattr(str(value))


def child_text(parent: Element, path: str) -> str | None:
    """Text of a descendant named with the prefixes of `NAMESPACES`, None when absent or empty."""
    found = parent.find(path, NAMESPACES)
    return found.text.strip() if found is not None and found.text and found.text.strip() else None
