"""A simulated device: one login, many inputs, and any of the habits `video.quirks` names.

It answers ONVIF alone; what its stream addresses name need not exist. Every login it is sent is
counted, so that a test can say how many were wasted.
"""

import http.server
import re
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import quote
from xml.sax.saxutils import escape

from video.simulator import soap
from video.simulator.digest import Account, Verdict
from video.simulator.wsse import TokenGate

PATH = "/onvif/device_service"


@dataclass(frozen=True, slots=True)
class OddSpec:
    """What the recorder is; `habits` are names of quirks it has, or `login_in_path`."""

    channels: int = 4
    serial: str = "NVR-0001"
    mac: str = "00:1b:c5:00:00:01"
    manufacturer: str = "Simulated"
    username: str = "admin"
    password: str = field(default="gridlink-sim", repr=False)
    habits: frozenset[str] = frozenset()
    clock_offset_s: float = 0.0
    location: tuple[float, float] | None = None


class OddDevice:
    """A recorder that answers while its context is open.

    Parameters
    ----------
    spec : OddSpec
    host : str
        Address to listen on.
    port : int
        0 takes a free one.

    """

    def __init__(self, spec: OddSpec, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.spec = spec
        self.verdicts: Counter[Verdict] = Counter()
        self.operations: Counter[str] = Counter()
        self._gate = TokenGate(Account(spec.username, spec.password))
        self._server = _server_of(host)((host, port), _handler(self))
        self._server.daemon_threads = True
        shown = f"[{host}]" if ":" in host else host
        self.authority = f"{shown}:{self._server.server_port}"
        self.url = f"http://{self.authority}{PATH}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def refused(self) -> int:
        """How many wrong logins were sent."""
        return self.verdicts[Verdict.REFUSED]

    def answer(self, document: bytes) -> tuple[int, bytes]:
        """Return status and envelope of the answer to a request."""
        request = soap.parse(document)
        self.operations[request.name] += 1
        if request.name != "GetSystemDateAndTime" or "guarded_clock" in self.spec.habits:
            now_s = datetime.now(UTC).timestamp() + self.spec.clock_offset_s
            verdict = self._gate.judge(request.header, now_s=now_s)
            self.verdicts[verdict] += 1
            if verdict is not Verdict.ACCEPTED:
                return self._refusal()
        write = getattr(self, f"_{request.name}", None)
        if write is None:
            return 500, soap.envelope(_fault("Receiver", "ActionNotSupported"))
        token = request.body.findtext(f"{{{request.namespace}}}ProfileToken") or ""
        return 200, self._spoilt(soap.envelope(write(token)))

    def _refusal(self) -> tuple[int, bytes]:
        status = 200 if "fault_with_status_200" in self.spec.habits else 400
        return status, soap.envelope(_fault("Sender", "NotAuthorized"))

    def _spoilt(self, answer: bytes) -> bytes:
        habits = self.spec.habits
        if "leading_junk" in habits:
            answer = b"\r\n \xef\xbb\xbf" + answer
        if "undeclared_prefix" in habits:
            answer = re.sub(rb' xmlns:tt="[^"]*"', b"", answer)
        if "wrong_charset" in habits:
            answer = answer.decode().encode("gb18030")
        return answer

    def _GetSystemDateAndTime(self, _: str) -> str:
        t = datetime.now(UTC) + timedelta(seconds=self.spec.clock_offset_s)
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{t.hour}</tt:Hour><tt:Minute>{t.minute}</tt:Minute>"
            f"<tt:Second>{t.second}</tt:Second></tt:Time><tt:Date><tt:Year>{t.year}</tt:Year>"
            f"<tt:Month>{t.month}</tt:Month><tt:Day>{t.day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _GetDeviceInformation(self, _: str) -> str:
        spec = self.spec
        model = "录像机" if "wrong_charset" in spec.habits else "Recorder"
        return (
            "<tds:GetDeviceInformationResponse>"
            f"<tds:Manufacturer>{escape(spec.manufacturer)}</tds:Manufacturer>"
            f"<tds:Model>{model}</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion>"
            f"<tds:SerialNumber>{escape(spec.serial)}</tds:SerialNumber>"
            "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def _GetServices(self, _: str) -> str:
        if "no_get_services" in self.spec.habits:
            return "<tds:GetServicesResponse/>"
        return (
            "<tds:GetServicesResponse><tds:Service>"
            "<tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace>"
            f"<tds:XAddr>{self._xaddr()}</tds:XAddr></tds:Service></tds:GetServicesResponse>"
        )

    def _GetCapabilities(self, _: str) -> str:
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
            f"<tt:XAddr>{self._xaddr()}</tt:XAddr></tt:Media></tds:Capabilities>"
            "</tds:GetCapabilitiesResponse>"
        )

    def _xaddr(self) -> str:
        is_foreign = "foreign_xaddr" in self.spec.habits
        return f"http://{'192.0.2.9:8899' if is_foreign else self.authority}{PATH}"

    def _GetNetworkInterfaces(self, _: str) -> str:
        return (
            '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0">'
            "<tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name>"
            f"<tt:HwAddress>{self.spec.mac}</tt:HwAddress></tt:Info></tds:NetworkInterfaces>"
            "</tds:GetNetworkInterfacesResponse>"
        )

    def _GetGeoLocation(self, _: str) -> str:
        if self.spec.location is None:
            return "<tds:GetGeoLocationResponse/>"
        lon, lat = self.spec.location
        place = f'<tt:GeoLocation lon="{lon}" lat="{lat}"/>'
        return (
            f"<tds:GetGeoLocationResponse><tds:Location>{place}</tds:Location>"
            "</tds:GetGeoLocationResponse>"
        )

    def _GetProfiles(self, _: str) -> str:
        sizes = [("main", 1920, 1080), ("sub", 640, 360)]
        if "sub_stream_first" in self.spec.habits:
            sizes.reverse()
        entries = "".join(
            f'<trt:Profiles token="p{number}-{name}"><tt:Name>{name}</tt:Name>'
            f'<tt:VideoSourceConfiguration token="c{number}"><tt:Name>s</tt:Name>'
            f"<tt:SourceToken>source-{number}</tt:SourceToken></tt:VideoSourceConfiguration>"
            '<tt:VideoEncoderConfiguration token="e"><tt:Name>e</tt:Name>'
            f"<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution>"
            "</tt:VideoEncoderConfiguration></trt:Profiles>"
            for number in range(1, self.spec.channels + 1)
            for name, width, height in sizes
        )
        return f"<trt:GetProfilesResponse>{entries}</trt:GetProfilesResponse>"

    def _GetStreamUri(self, token: str) -> str:
        if "no_stream_address" in self.spec.habits:
            return "<trt:GetStreamUriResponse/>"
        mark = "&" if "bare_ampersand" in self.spec.habits else "&amp;"
        login = "root:hidden@" if "login_in_stream_address" in self.spec.habits else ""
        uri = f"rtsp://{login}{self.authority.partition(':')[0]}/{token}?a=1{mark}b=2"
        if "login_in_path" in self.spec.habits:
            said = f"user={self.spec.username}_password={quote(self.spec.password, safe='')}"
            uri = f"rtsp://{self.authority.partition(':')[0]}/{said}_stream={token}.sdp"
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri>"
            "</trt:GetStreamUriResponse>"
        )

    def _GetSnapshotUri(self, token: str) -> str:
        is_missing = "no_snapshot_address" in self.spec.habits
        uri = "" if is_missing else f"http://{self.authority}/{token}.jpg"
        return (
            f"<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri>"
            "</trt:GetSnapshotUriResponse>"
        )


def _fault(code: str, subcode: str) -> str:
    return (
        f"<env:Fault><env:Code><env:Value>env:{code}</env:Value><env:Subcode>"
        f"<env:Value>ter:{subcode}</env:Value></env:Subcode></env:Code><env:Reason>"
        f'<env:Text xml:lang="en">{subcode}</env:Text></env:Reason></env:Fault>'
    )


def _server_of(host: str) -> type[http.server.ThreadingHTTPServer]:
    """Return the server for an address of either kind."""

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    return Server


def _handler(device: OddDevice) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        asked = 0

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.asked += 1
            if self.asked > 1 and "drops_kept_connections" in device.spec.habits:
                self.close_connection = True
                return
            status, answer = device.answer(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
