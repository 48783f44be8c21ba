"""ONVIF media service of a simulated camera (ver10/media): profiles, encoders, addresses."""

from video.simulator.devices import StreamName
from video.simulator.onvif_device import Call, wanted_profile
from video.simulator.soap import SoapFault, child_text, text
from video.simulator.streams import Stream

_BOUNDS = '<tt:Bounds x="0" y="0" width="{0}" height="{1}"/>'


def profile_stream(call: Call) -> StreamName:
    """The stream the request's profile token names.

    Raises
    ------
    SoapFault
        No such profile.

    """
    token = wanted_profile(call) or ""
    name = token.removeprefix("profile-")
    if not token.startswith("profile-") or name not in call.device.streams:
        raise SoapFault("Sender", "InvalidArgVal", "NoProfile", reason=f"no profile {token!r}")
    return name


def profiles(call: Call) -> str:
    """GetProfiles: main and sub, each with source, encoder and, where there is one, PTZ."""
    entries = "".join(_profile(call, name, "trt:Profiles") for name in call.device.streams)
    return f"<trt:GetProfilesResponse>{entries}</trt:GetProfilesResponse>"


def profile(call: Call) -> str:
    """GetProfile."""
    entry = _profile(call, profile_stream(call), "trt:Profile")
    return f"<trt:GetProfileResponse>{entry}</trt:GetProfileResponse>"


def video_sources(call: Call) -> str:
    """GetVideoSources: the one sensor."""
    video = call.device.streams["main"].video
    return (
        '<trt:GetVideoSourcesResponse><trt:VideoSources token="source-1">'
        f"<tt:Framerate>{float(video.fps):g}</tt:Framerate>"
        f"<tt:Resolution><tt:Width>{video.width_px}</tt:Width>"
        f"<tt:Height>{video.height_px}</tt:Height></tt:Resolution>"
        "</trt:VideoSources></trt:GetVideoSourcesResponse>"
    )


def video_encoder_configurations(call: Call) -> str:
    """GetVideoEncoderConfigurations: one for each stream."""
    entries = "".join(
        _encoder(name, stream, "trt:Configurations") for name, stream in call.device.streams.items()
    )
    return (
        f"<trt:GetVideoEncoderConfigurationsResponse>{entries}"
        "</trt:GetVideoEncoderConfigurationsResponse>"
    )


def stream_uri(call: Call) -> str:
    """GetStreamUri: RTSP over TCP, the only way this device sends."""
    name = profile_stream(call)
    protocol = child_text(call.request, "trt:StreamSetup/tt:Transport/tt:Protocol")
    if protocol not in (None, "RTSP", "TCP", "UDP", "HTTP"):
        raise SoapFault("Sender", "InvalidArgVal", "InvalidStreamSetup", reason="protocol")
    uri = f"rtsp://{call.host}:{call.rtsp_port}/{call.device.spec.id}/{name}"
    return _uri("GetStreamUriResponse", uri)


def snapshot_uri(call: Call) -> str:
    """GetSnapshotUri."""
    profile_stream(call)
    uri = f"http://{call.authority}/{call.device.spec.id}/snapshot.jpg"
    return _uri("GetSnapshotUriResponse", uri)


def set_synchronization_point(call: Call) -> str:
    """SetSynchronizationPoint: the next picture of the profile's stream is a key picture."""
    call.device.streams[profile_stream(call)].request_key()
    return "<trt:SetSynchronizationPointResponse/>"


def _uri(name: str, uri: str) -> str:
    return (
        f"<trt:{name}><trt:MediaUri><tt:Uri>{text(uri)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
        f"</trt:MediaUri></trt:{name}>"
    )


def _profile(call: Call, name: StreamName, tag: str) -> str:
    stream = call.device.streams[name]
    source = call.device.streams["main"].video
    device = call.device
    tag_of_head, space = "tt:PTZConfiguration", device.head_kind.space
    head = "" if device.head is None else ptz_configuration(tag_of_head, space)
    return (
        f'<{tag} token="profile-{name}" fixed="true"><tt:Name>{name}</tt:Name>'
        '<tt:VideoSourceConfiguration token="source-config-1"><tt:Name>source</tt:Name>'
        f"<tt:UseCount>{len(call.device.streams)}</tt:UseCount>"
        "<tt:SourceToken>source-1</tt:SourceToken>"
        f"{_BOUNDS.format(source.width_px, source.height_px)}</tt:VideoSourceConfiguration>"
        f"{_encoder(name, stream, 'tt:VideoEncoderConfiguration')}{head}</{tag}>"
    )


def _encoder(name: str, stream: Stream, tag: str) -> str:
    """One encoder. Media1 has no word for H.265; devices answer H265 there all the same."""
    video = stream.video
    encoding, codec = ("H264", "tt:H264") if stream.codec == "h264" else ("H265", "")
    details = (
        f"<{codec}><tt:GovLength>{video.gop}</tt:GovLength>"
        f"<tt:H264Profile>Baseline</tt:H264Profile></{codec}>"
        if codec
        else ""
    )
    return (
        f'<{tag} token="encoder-{name}"><tt:Name>{name}</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{video.width_px}"
        f"</tt:Width><tt:Height>{video.height_px}</tt:Height></tt:Resolution>"
        "<tt:Quality>3</tt:Quality><tt:RateControl>"
        f"<tt:FrameRateLimit>{round(video.fps)}</tt:FrameRateLimit>"
        "<tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{stream.bitrate_kbps}</tt:BitrateLimit></tt:RateControl>{details}"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
        "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>"
        "<tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        f"<tt:SessionTimeout>PT60S</tt:SessionTimeout></{tag}>"
    )


def ptz_configuration(tag: str, space: str) -> str:
    """The one PTZ configuration; `space` is that of the head's positions, empty for none."""
    root = "http://www.onvif.org/ver10/tptz"
    defaults = (
        "<tt:DefaultAbsolutePantTiltPositionSpace>"
        f"{root}/{space}</tt:DefaultAbsolutePantTiltPositionSpace>"
        "<tt:DefaultAbsoluteZoomPositionSpace>"
        f"{root}/ZoomSpaces/PositionGenericSpace</tt:DefaultAbsoluteZoomPositionSpace>"
        if space
        else ""
    )
    return (
        f'<{tag} token="ptz-config-1"><tt:Name>head</tt:Name><tt:UseCount>2</tt:UseCount>'
        f"<tt:NodeToken>ptz-node-1</tt:NodeToken>{defaults}"
        f"<tt:DefaultPTZTimeout>PT5S</tt:DefaultPTZTimeout></{tag}>"
    )
