"""抓图 as evidence: a still of now, or of the stream as it runs, sealed at once."""

import io
from datetime import UTC, datetime
from typing import Any

from ..access import Principal
from ..audit.register import enter
from ..cameras import registry, stills, streams
from ..db import begin
from ..errors import Refused
from . import asking, storing
from .manifest import Part
from .models import Evidence
from .sealing import Outcome, act_of, seal

_FILE = "snapshot.jpg"
_LONGEST_SIDE_PX = 20_000


class NoPicture(Refused):
    code = "evidence.no_picture"
    zh = "摄像机给出的图像无法读取，未能留存。"
    en = "What the camera gave is no picture that can be read: nothing was kept."


def take(user: Principal, incident_id: int, camera_id: int, purpose: str) -> int:
    """Take a still and seal it; return the number of the evidence.

    The picture is fetched between two transactions: a device may take seconds to answer.
    """
    with begin(user.scope) as session:
        asking.incident_of(session, incident_id, user)
        storing.require_room(session)
        registry.get(session, camera_id)
    viewer = streams.Viewer(user.id, user.display_name, purpose, incident_id)
    still = stills.take(user, camera_id, viewer)
    size = _size_of(still.content)
    taken_at = datetime.fromisoformat(still.taken_at) if still.taken_at else datetime.now(UTC)
    with begin(user.scope) as session:
        incident = asking.incident_of(session, incident_id, user)
        camera = registry.get(session, camera_id)
        named = camera.id, camera.name
        made = asking.new(session, "snapshot", incident, named, purpose=purpose, by=user)
        return _kept(session, made, still.content, taken_at, size)


def _kept(
    session: Any, made: Evidence, content: bytes, taken_at: datetime, size: tuple[int, int]
) -> int:
    path = storing.make_folder(made.id) / _FILE
    storing.write_whole(path, content)
    part = Part(
        file=_FILE,
        media_type="image/jpeg",
        sha256=storing.sha256_of(path).hex(),
        size_bytes=len(content),
        first_at=taken_at,
        last_at=taken_at,
        width_px=size[0],
        height_px=size[1],
    )
    actor = made.made_by, made.made_by_name
    enter(session, act_of(made, "evidence.snapshot_taken", actor))
    seal(session, made, Outcome([part], "complete"), now=datetime.now(UTC))
    return made.id


def _size_of(content: bytes) -> tuple[int, int]:
    """Return width and height by the file's head alone; no pixel is decoded.

    Raises
    ------
    NoPicture
        If it is no JPEG.

    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as opened:
            width, height = opened.size
    except (OSError, SyntaxError, ValueError) as error:
        raise NoPicture() from error
    if max(width, height) > _LONGEST_SIDE_PX:
        raise NoPicture()
    return width, height
