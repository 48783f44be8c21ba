"""Where devices leave the standard: each quirk by name, symptom, work-around and source.

Most are told by what a device answers, whoever made it; some only by maker and model. A session
notes the names it met, so that the sheet of a device says how it is being humoured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HA = "https://github.com/home-assistant"


@dataclass(frozen=True, slots=True)
class Quirk:
    """One habit of devices, and what is done about it; `makers` empty means any maker's.

    Attributes
    ----------
    name : str
        Stable; stored with the device.
    symptom, remedy : str
        One sentence each.
    source : str
        Where it was met, as an address.
    makers : str
        Regular expression over "manufacturer model firmware", in lower case.

    """

    name: str
    symptom: str
    remedy: str
    source: str
    makers: str = ""


QUIRKS = {
    quirk.name: quirk
    for quirk in (
        Quirk(
            "fault_with_status_200",
            "A SOAP fault comes with HTTP status 200 (ipycam 1.3.0).",
            "The body decides whether an answer is a fault, never the status.",
            "https://pypi.org/project/ipycam/1.3.0/",
            "pythoncam",
        ),
        Quirk(
            "undeclared_prefix",
            "An answer uses a namespace prefix it does not declare (wsa:, ptz:).",
            "Known prefixes are declared, others get a namespace of their own; then read again.",
            f"{_HA}/home-assistant.io/issues/40942",
        ),
        Quirk(
            "bare_ampersand",
            "A stream address holds '&' as it is: '?channel=1&subtype=0'.",
            "Ampersands that begin no reference are escaped; then read again.",
            "https://github.com/ispysoftware/iSpy/issues/168",
        ),
        Quirk(
            "leading_junk",
            "Blanks, a byte order mark or a line stand before the XML declaration.",
            "What stands before the first '<?xml' or envelope is dropped, 64 characters at most.",
            f"{_HA}/core/issues/52397",
        ),
        Quirk(
            "wrong_charset",
            "Text in GB 18030 is called UTF-8, or the other way about.",
            "UTF-8 where it decodes, else what the XML declares, else GB 18030.",
            "https://pypi.org/project/onveef/0.6.0/",
        ),
        Quirk(
            "foreign_xaddr",
            "Services are named at another host: NAT, a second interface, 127.0.0.1.",
            "Every service is called at the address the device was found at.",
            "https://github.com/FalkTannhaeuser/python-onvif-zeep/pull/75",
        ),
        Quirk(
            "no_get_services",
            "GetServices is unknown or empty (older Axis and Panasonic).",
            "GetCapabilities is asked instead.",
            "https://github.com/agsh/onvif/pull/155",
        ),
        Quirk(
            "no_media2",
            "Media 2 is announced and answers nothing useful.",
            "Media 1 is asked instead.",
            "https://github.com/cdavis-code/easy_onvif_workspace/issues/34",
        ),
        Quirk(
            "h265_only_in_media2",
            "Profiles with H.265 exist in Media 2 alone; Media 1 has no word for it.",
            "Media 2 is asked first.",
            "https://github.com/agsh/onvif/pull/187",
        ),
        Quirk(
            "sub_stream_first",
            "The first profile listed is not the largest.",
            "Profiles are taken by size, never by their place in the list.",
            "https://github.com/roleoroleo/onvif_simple_server/issues/66",
        ),
        Quirk(
            "http_digest_only",
            "The token in the envelope is ignored; a login is taken by HTTP digest alone.",
            "The first answer without a login shows which of the two the device wants.",
            "https://github.com/Quedale/OnvifDeviceManager/issues/19",
        ),
        Quirk(
            "clock_skew",
            "The clock is minutes off, so a token dated by ours is refused.",
            "Tokens are dated by the device's own clock, which it tells without a login.",
            f"{_HA}/core/issues/121952",
        ),
        Quirk(
            "guarded_clock",
            "Even the clock is told only after a login (Axis).",
            "It is taken to be right.",
            "https://github.com/blakeblackshear/frigate/pull/12352",
        ),
        Quirk(
            "drops_kept_connections",
            "A connection meant to be kept is closed without a word before the next request.",
            "A question is sent once more on a new connection; a command never is.",
            f"{_HA}/core/issues/128809",
        ),
        Quirk(
            "login_in_stream_address",
            "The stream address holds a user and a password.",
            "They are cut off before anything else sees the address.",
            f"{_HA}/core/issues/36069",
        ),
        Quirk(
            "no_stream_address",
            "GetStreamUri fails for a profile that exists.",
            "The path this maker documents is used.",
            "https://wiki.zohead.com/技术/音视频/监控/宇视RTSP取流URL格式.md",
            "hikvision|hiwatch|ezviz|dahua|amcrest|imou|uniview|univiewtec|tp-?link",
        ),
        Quirk(
            "no_snapshot_address",
            "No snapshot address, or one that is no address.",
            "Stills are taken from the stream.",
            "https://github.com/GuilhermeC18/node-onvif/issues/40",
        ),
        Quirk(
            "snapshot_takes_basic_alone",
            "The snapshot address wants basic authentication although ONVIF wants digest.",
            "The challenge of that very address decides.",
            "https://github.com/roleoroleo/yi-hack-Allwinner/issues/115",
            "pythoncam|yi",
        ),
        Quirk(
            "locks_out",
            "A few refused logins lock the account, or our address, for half an hour.",
            "A refused login is not sent a second time until it is changed.",
            "https://github.com/evercam/evercam-server/issues/91",
            "hikvision|dahua|foscam",
        ),
    )
}

#: Maker -> path of a channel's main and further streams, as the maker documents it.
_PATHS = (
    (re.compile("hikvision|hiwatch|ezviz"), "/Streaming/Channels/{channel}0{stream}"),
    (re.compile("dahua|amcrest|imou"), "/cam/realmonitor?channel={channel}&subtype={nought}"),
    (re.compile("uniview"), "/unicast/c{channel}/s{nought}/live"),
    (re.compile("tp-?link"), "/stream{stream}"),
)


def expected_of(manufacturer: str, model: str, firmware: str) -> tuple[str, ...]:
    """Return the names of the quirks known of this maker's devices, in order of the table.

    Examples
    --------
    >>> expected_of("HIKVISION", "DS-2CD3T27", "V5.5.8")
    ('no_stream_address', 'locks_out')

    """
    words = f"{manufacturer} {model} {firmware}".lower()
    return tuple(
        quirk.name for quirk in QUIRKS.values() if quirk.makers and re.search(quirk.makers, words)
    )


def documented_path(manufacturer: str, *, channel: int, stream: int) -> str | None:
    """Return the RTSP path a maker documents, None where none is known.

    Parameters
    ----------
    manufacturer : str
        As the device says.
    channel : int
        1 for a camera, the input for a recorder.
    stream : int
        1 main, 2 sub, 3 third.

    """
    for makers, path in _PATHS:
        if makers.search(manufacturer.lower()):
            return path.format(channel=channel, stream=stream, nought=stream - 1)
    return None
