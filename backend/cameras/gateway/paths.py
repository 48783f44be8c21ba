"""The outer gateway's paths: one for each camera and profile, made when first opened.

A path's name is a keyed hash: every process finds it, and a viewer learns no camera's number.
"""

import hmac
import logging
from base64 import b32encode
from functools import cache
from typing import Any, Literal

from video.errors import DeviceError
from video.mediamtx import MediaMtx
from video.profiles import Profile, choose_profile

from ...errors import Misconfigured
from ...settings import load
from .. import devices
from ..models import Camera

ProfileName = Literal["main", "sub"]
PROFILES: tuple[ProfileName, ...] = ("main", "sub")
_NAME_BYTES = 15

log = logging.getLogger(__name__)


def is_used() -> bool:
    """Return whether pictures go through the outer gateway."""
    return load().media.gateway == "mediamtx"


def secret() -> str:
    """Return what the gateway and we know each other by.

    Raises
    ------
    Misconfigured
        If none is set although the gateway is to be used.

    """
    known = load().media.mediamtx_secret
    if not known:
        raise Misconfigured(reason="GRIDLINK_MEDIA__MEDIAMTX_SECRET")
    return known


@cache
def control() -> MediaMtx:
    """Return the gateway's control API."""
    return MediaMtx(load().media.mediamtx_api, secret())


def name_of(camera_id: int, profile: str) -> str:
    """Return the path of a camera's stream."""
    digest = hmac.digest(secret().encode(), f"{camera_id}/{profile}".encode(), "sha256")
    return b32encode(digest[:_NAME_BYTES]).decode().lower()


def open_path(camera: Camera, profile: ProfileName) -> str | None:
    """Make the path of a camera's stream and return where a browser reads it.

    None where the embedded relay has to serve: the camera sends nothing the gateway passes on
    (it converts nothing), its login was refused, or the gateway does not answer.
    """
    device = camera.device
    if not is_used() or device is None:
        return None
    name = name_of(camera.id, profile)
    try:
        target = devices.target(device, profile, frozenset({"avc1"}))
        if _codec(device.profiles, profile) != "h264":
            return None
        # The checked address, its name resolved: the gateway must not be led elsewhere.
        pinned = target.policy.check(target.credentials.filled(target.url))
        source = target.credentials.put_into(pinned.url)
        control().put_path(name, source, load().media.linger_s)
    except DeviceError as error:
        log.warning("served by the relay: %s", error, extra={"action": "gateway.passed_over"})
        return None
    return f"{load().media.whep_url.rstrip('/')}/{name}/whep"


def drop_paths(camera_id: int) -> None:
    """Forget a camera: it was removed, moved or given a new login."""
    if not is_used():
        return
    for profile in PROFILES:
        control().drop_path(name_of(camera_id, profile))


def _codec(profiles: list[dict[str, Any]], profile: ProfileName) -> str:
    offered = [Profile(**one) for one in profiles]
    return choose_profile(offered, want=profile, browser_codecs=frozenset({"avc1"})).codec
