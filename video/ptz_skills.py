"""What a PTZ head can do, as its device says: spaces with ranges, presets, home, GeoMove.

Pan to the right and tilt upwards; in spherical spaces degrees, in generic ones numbers without a
physical meaning. Zoom from wide to narrow.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from onveef import envelopes, parsers

from video.channels import read_profiles
from video.device import GeoLocation, read_location
from video.errors import ProtocolViolation, Unsupported
from video.onvif_session import OnvifSession

Space = Literal["spherical", "generic"]

SPACES = "http://www.onvif.org/ver10/tptz/"
#: Of each kind the names devices use, the wanted one first.
SPHERICAL = ("PanTiltSpaces/SphericalPositionSpaceDegrees", "PanTiltSpaces/SphericalPositionSpace")
GENERIC = "PanTiltSpaces/PositionGenericSpace"
ZOOM = "ZoomSpaces/PositionGenericSpace"


@dataclass(frozen=True, slots=True)
class Ranges:
    """Lowest and highest position of each axis, in the units of the space."""

    pan: tuple[float, float]
    tilt: tuple[float, float]
    zoom: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Skills:
    """One head: the profile it is commanded by, and what it can.

    `space` is None where the device knows no absolute positions; `uri` is then empty.
    """

    profile_token: str
    space: Space | None
    uri: str
    ranges: Ranges | None
    can_geo: bool
    can_relative: bool
    can_drive: bool
    can_home: bool
    presets_max: int
    #: Whether the device tells where it stands, in the space it is commanded in.
    tells_position: bool
    #: Where the device believes to stand; GeoMove is worked out from there.
    location: GeoLocation | None
    #: How many tours of presets the device keeps and runs by itself; 0: it can none.
    tours_max: int = 0


async def read_skills(session: OnvifSession) -> Skills:
    """What the first PTZ profile of a device can do.

    Parameters
    ----------
    session : OnvifSession
        Open.

    Returns
    -------
    Skills

    Raises
    ------
    Unsupported
        The device has no PTZ service, or no profile with a head.
    CredentialsRejected, TimedOut, Unreachable, ProtocolViolation
        As their names say.

    Notes
    -----
    Ranges come from the options of the profile's configuration, else from its node. Where both
    spaces are offered degrees are taken: they need no calibration but of north.

    """
    profile, configuration, node_token = await _read_profile(session)
    node = await _read_node(session, node_token)
    offered = await _read_options(session, configuration)
    described = node if offered is None else offered
    space, uri, ranges = _absolute(described)
    status = await _told_space(session, profile)
    return Skills(
        profile_token=profile,
        space=space,
        uri=uri,
        ranges=ranges,
        can_geo=node.attrib.get("GeoMove", "").lower() in ("true", "1"),
        can_relative=parsers.find_local(described, "RelativePanTiltTranslationSpace") is not None,
        can_drive=parsers.find_local(described, "ContinuousPanTiltVelocitySpace") is not None,
        can_home=_said(node, "HomeSupported").lower() in ("true", "1"),
        presets_max=_count(node, "MaximumNumberOfPresets"),
        location=await read_location(session),
        tells_position=status is not None and (not status or status == uri),
        tours_max=_tours_max(node),
    )


async def _read_profile(session: OnvifSession) -> tuple[str, str, str]:
    """Tokens of the first profile with a head, of its configuration and of its node."""
    if not session.has("ptz"):
        raise Unsupported("no ptz service")
    is_media2 = not session.has("media")
    body = envelopes.media_get_profiles(use_media2=is_media2)
    xml = await session.call("GetProfiles", body, service="media2" if is_media2 else "media")
    for profile in read_profiles(xml):
        head = profile.get("ptz")
        if head and profile.get("token"):
            return str(profile["token"]), str(head["token"]), str(head.get("node_token") or "")
    raise Unsupported("no profile has a PTZ head")


async def _read_node(session: OnvifSession, token: str) -> Element:
    xml = await session.call("GetNodes", envelopes.ptz_get_nodes(), service="ptz")
    root = parsers.parse_xml(xml)
    nodes = [] if root is None else parsers.find_all_local(root, "PTZNode")
    if not nodes:
        raise ProtocolViolation("GetNodes: no node in the answer")
    return next((node for node in nodes if node.attrib.get("token") == token), nodes[0])


async def _read_options(session: OnvifSession, configuration: str) -> Element | None:
    body = envelopes.ptz_get_configuration_options(configuration_token=configuration)
    try:
        xml = await session.call("GetConfigurationOptions", body, service="ptz")
    except ProtocolViolation:  # many devices answer with a fault of their own
        return None
    root = parsers.parse_xml(xml)
    spaces = None if root is None else parsers.find_local(root, "Spaces")
    if spaces is None or parsers.find_local(spaces, "AbsolutePanTiltPositionSpace") is None:
        return None
    return spaces


async def _told_space(session: OnvifSession, profile: str) -> str | None:
    """Space of the position a device tells, empty where it names none, None where it tells none.

    ipycam 1.3.0: the answer is not well-formed; that head moves, and nobody knows where to.
    """
    try:
        body = envelopes.ptz_get_status(profile_token=profile)
        xml = await session.call("GetStatus", body, service="ptz")
    except ProtocolViolation:
        return None
    return space_of(xml)


def space_of(status: str) -> str | None:
    """Space URI of the pan and tilt in an answer to GetStatus; None where it holds none."""
    root = parsers.parse_xml(status)
    position = None if root is None else parsers.find_local(root, "Position")
    place = None if position is None else parsers.find_local(position, "PanTilt")
    return None if place is None else place.attrib.get("space", "")


def _tours_max(node: Element) -> int:
    """How many tours a node keeps; a device that can start none keeps them for itself."""
    offered = parsers.find_local(node, "SupportedPresetTour")
    if offered is None:
        return 0
    operations = parsers.find_all_local(offered, "PTZPresetTourOperation")
    can = {(operation.text or "").strip() for operation in operations}
    return _count(offered, "MaximumNumberOfPresetTours") if {"Start", "Stop"} <= can else 0


def _absolute(described: Element) -> tuple[Space | None, str, Ranges | None]:
    offered = {
        _said(space, "URI"): space
        for space in parsers.find_all_local(described, "AbsolutePanTiltPositionSpace")
    }
    zooms = parsers.find_all_local(described, "AbsoluteZoomPositionSpace")
    generic = [zoom for zoom in zooms if _said(zoom, "URI").endswith(ZOOM)]
    zoom = _range(generic[0], "XRange") if generic else None
    wanted: list[tuple[Space, str]] = [("spherical", name) for name in SPHERICAL]
    for kind, name in [*wanted, ("generic", GENERIC)]:
        for uri, space in offered.items():
            pan, tilt = _range(space, "XRange"), _range(space, "YRange")
            if uri.endswith(name) and pan and tilt:
                return (
                    ("generic" if kind == "generic" else "spherical"),
                    uri,
                    Ranges(pan, tilt, zoom),
                )
    return None, "", None


def _range(space: Element, name: str) -> tuple[float, float] | None:
    found = parsers.find_local(space, name)
    if found is None:
        return None
    try:
        low, high = float(_said(found, "Min")), float(_said(found, "Max"))
    except ValueError:
        return None
    return (low, high) if low < high and math.isfinite(low) and math.isfinite(high) else None


def _said(parent: Element, name: str) -> str:
    found = parsers.find_local(parent, name)
    return (found.text or "").strip() if found is not None else ""


def _count(parent: Element, name: str) -> int:
    text = _said(parent, name)
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else 0
