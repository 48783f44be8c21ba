"""ONVIF device management service of a simulated camera (ver10/device)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element
from zlib import crc32

from video.simulator.devices import SimulatedDevice
from video.simulator.soap import NAMESPACES, attribute, child_text, text

FIRMWARE = "1.0"


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised operation: the device, the request element, and where the client reached us.

    `authority` is host and port as the client wrote them, so that addresses in replies work
    through a port forward; `rtsp_port` is the fleet's. `path` is what was asked below the device.
    """

    device: SimulatedDevice
    request: Element
    authority: str
    rtsp_port: int
    path: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The authority without its port."""
        return self.authority.rpartition(":")[0] or self.authority

    def service_url(self, service: str) -> str:
        """Address of one of the device's services."""
        return f"http://{self.authority}/{self.device.spec.id}/onvif/{service}"


def system_date_and_time(call: Call) -> str:
    """GetSystemDateAndTime; needed before login, to make tokens for the device's clock."""
    now = datetime.fromtimestamp(call.device.clock.now_s(), UTC)
    moment = (
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
        f"<tt:Day>{now.day}</tt:Day></tt:Date>"
    )
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>{moment}</tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def device_information(call: Call) -> str:
    """GetDeviceInformation."""
    spec = call.device.spec
    return (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>gridlink</tds:Manufacturer>"
        f"<tds:Model>{'simulated PTZ camera' if spec.ptz else 'simulated camera'}</tds:Model>"
        f"<tds:FirmwareVersion>{FIRMWARE}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{text(spec.id)}</tds:SerialNumber>"
        "<tds:HardwareId>simulator</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def capabilities(call: Call) -> str:
    """GetCapabilities, all categories."""
    ptz = ""
    if call.device.head is not None:
        ptz = f"<tt:PTZ><tt:XAddr>{text(call.service_url('ptz_service'))}</tt:XAddr></tt:PTZ>"
    events = ""
    if call.device.spec.has_events:
        address = text(call.service_url("event_service"))
        events = f"<tt:Events><tt:XAddr>{address}</tt:XAddr></tt:Events>"
    return (
        "<tds:GetCapabilitiesResponse><tds:Capabilities>"
        f"<tt:Device><tt:XAddr>{text(call.service_url('device_service'))}</tt:XAddr></tt:Device>"
        f"<tt:Media><tt:XAddr>{text(call.service_url('media_service'))}</tt:XAddr>"
        "<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>"
        "<tt:RTP_TCP>false</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP>"
        f"</tt:StreamingCapabilities></tt:Media>{ptz}{events}"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def services(call: Call) -> str:
    """GetServices, with the versions of the interfaces this simulator follows."""
    offered = [("tds", "device_service", (2, 60)), ("trt", "media_service", (2, 60))]
    if call.device.head is not None:
        offered.append(("tptz", "ptz_service", (2, 60)))
    if call.device.spec.has_events:
        offered.append(("tev", "event_service", (2, 60)))
    if call.device.spec.recorder == "onvif":
        offered.append(("tse", "search_service", (2, 60)))
        offered.append(("trp", "replay_service", (2, 60)))
    entries = "".join(
        f"<tds:Service><tds:Namespace>{NAMESPACES[prefix]}</tds:Namespace>"
        f"<tds:XAddr>{text(call.service_url(name))}</tds:XAddr>"
        f"<tds:Version><tt:Major>{version[0]}</tt:Major><tt:Minor>{version[1]}</tt:Minor>"
        "</tds:Version></tds:Service>"
        for prefix, name, version in offered
    )
    return f"<tds:GetServicesResponse>{entries}</tds:GetServicesResponse>"


def service_capabilities(call: Call) -> str:
    """GetServiceCapabilities: which authentication and whether a location is kept."""
    spec = call.device.spec
    tokens = str(spec.auth != "http_digest").lower()
    digest = str(spec.auth != "wsse").lower()
    locations = 0 if spec.lon is None else 1
    return (
        "<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network/>"
        f'<tds:Security UsernameToken="{tokens}" HttpDigest="{digest}"/>'
        f'<tds:System DiscoveryResolve="false" GeoLocationEntries="{locations}"/>'
        "</tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
    )


def scope_values(device: SimulatedDevice) -> list[str]:
    """The scopes of a device, also announced by WS-Discovery."""
    spec = device.spec
    root = "onvif://www.onvif.org"
    scopes = [
        f"{root}/type/video_encoder",
        f"{root}/Profile/Streaming",
        f"{root}/hardware/simulator",
        f"{root}/name/{quote(spec.name or spec.id)}",
    ]
    return scopes + ([f"{root}/type/ptz"] if spec.ptz else [])


def scopes(call: Call) -> str:
    """GetScopes."""
    entries = "".join(
        "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>"
        f"<tt:ScopeItem>{text(scope)}</tt:ScopeItem></tds:Scopes>"
        for scope in scope_values(call.device)
    )
    return f"<tds:GetScopesResponse>{entries}</tds:GetScopesResponse>"


def _mac(device_id: str) -> str:
    """Return a hardware address of the device's own, locally administered."""
    return "02:00:" + crc32(device_id.encode()).to_bytes(4, "big").hex(":")


def network_interfaces(call: Call) -> str:
    """GetNetworkInterfaces: one interface with the address the client used."""
    return (
        "<tds:GetNetworkInterfacesResponse>"
        '<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>'
        f"<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>{_mac(call.device.spec.id)}</tt:HwAddress>"
        "<tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>"
        f"<tt:Manual><tt:Address>{text(call.host)}</tt:Address>"
        "<tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP>"
        "</tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>"
    )


def hostname(call: Call) -> str:
    """GetHostname."""
    return (
        "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
        f"<tt:Name>{text(call.device.spec.id)}</tt:Name>"
        "</tds:HostnameInformation></tds:GetHostnameResponse>"
    )


def geo_location(call: Call) -> str:
    """GetGeoLocation: longitude, latitude in degrees, elevation in metres (tt:GeoLocation)."""
    spec = call.device.spec
    entry = ""
    if spec.lon is not None and spec.lat is not None:
        entry = (
            '<tds:Location Entity="VideoSource" Token="source-1" Fixed="true">'
            f"<tt:GeoLocation lon={attribute(spec.lon)} lat={attribute(spec.lat)}"
            f" elevation={attribute(spec.elevation_m)}/></tds:Location>"
        )
    return f"<tds:GetGeoLocationResponse>{entry}</tds:GetGeoLocationResponse>"


def is_open_to_all(name: str) -> bool:
    """Operations of access class PRE_AUTH (ONVIF Core, 5.9.4.3)."""
    return name in {
        "GetSystemDateAndTime",
        "GetServices",
        "GetServiceCapabilities",
        "GetCapabilities",
        "GetHostname",
        "GetWsdlUrl",
    }


def wanted_profile(call: Call) -> str | None:
    """The profile token of a request, wherever its service keeps it."""
    return child_text(call.request, "trt:ProfileToken") or child_text(
        call.request, "tptz:ProfileToken"
    )
