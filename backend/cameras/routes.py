"""Cameras over HTTP: registry, sight, viewsheds, devices, and the opening of pictures."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from video.credentials import Credentials

from ..accounts.access import CurrentUser, Id, Tx, right
from ..db import begin
from ..live import Notice, announce
from . import devices, registry, stills, streams
from .gateway import paths as gateway_paths
from .models import Camera, Purpose
from .schemas import (
    CameraEdit,
    CameraNew,
    CameraPage,
    CameraSheet,
    DeviceOrder,
    DeviceShape,
    Latitude,
    Longitude,
    PurposeList,
    PurposeShape,
    SightAnswer,
    SnapshotOrder,
    StatusPage,
    StreamOrder,
    StreamTicket,
    WarmOrder,
)

router = APIRouter(prefix="/api", tags=["cameras"])


@router.get("/sight", **right("sight.read"))
def sight(
    user: CurrentUser,
    tx: Tx,
    lon: Annotated[Longitude, Query()],
    lat: Annotated[Latitude, Query()],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> SightAnswer:
    """Which cameras see this place, best first; and why the others do not."""
    from .ranking import rank  # brings numba, which warm.py loads beside the start

    return rank(tx, user.scope, lon, lat, limit=limit, language=user.language)


@router.get("/cameras", **right("cameras.read"))
def list_cameras(
    tx: Tx,
    q: Annotated[str, Query(max_length=100)] = "",
    alive: bool | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> CameraPage:
    """Cameras of the caller's jurisdiction in order of id."""
    return registry.page(tx, registry.Listing(q=q, alive=alive, after=after, limit=limit))


@router.get("/cameras/status", **right("cameras.read"))
def camera_statuses(tx: Tx, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> StatusPage:
    """Cameras that changed after a version; at most 2,000, ask again from the answer's version."""
    return registry.statuses(tx, after)


@router.post("/cameras", status_code=201, **right("cameras.edit"))
def create_camera(new: CameraNew, user: CurrentUser, tx: Tx) -> CameraSheet:
    """Add a camera; its viewshed follows by a job."""
    return registry.sheet_of(registry.create(tx, new, by=user))


@router.post("/cameras/probe", **right("cameras.enrol"))
def probe_device(order: DeviceOrder) -> DeviceShape:
    """Ask a device what it is and offers; nothing is stored."""
    report = devices.ask(order.address, Credentials(order.username, order.password))
    return DeviceShape(
        enrolled=False,
        auth_state="accepted",
        information={"model": report.information.model, "firmware": report.information.firmware}
        | {"manufacturer": report.information.manufacturer, "has_ptz": report.has_ptz},
        profiles=[
            {"name": p.name, "codec": p.codec, "width": p.width, "height": p.height}
            for p in report.profiles
        ],
    )


@router.get("/cameras/{camera_id}", **right("cameras.read"))
def read_camera(camera_id: Id, tx: Tx) -> CameraSheet:
    """Everything known of one camera."""
    return registry.sheet_of(registry.get(tx, camera_id))


@router.patch("/cameras/{camera_id}", **right("cameras.edit"))
def edit_camera(camera_id: Id, change: CameraEdit, user: CurrentUser, tx: Tx) -> CameraSheet:
    """Change name, position or pose; the stored viewshed is stale until the job has run."""
    camera = registry.get(tx, camera_id)
    registry.edit(tx, camera, change, by=user)
    return registry.sheet_of(camera)


@router.get("/cameras/{camera_id}/viewshed", **right("cameras.read"))
def read_viewshed(camera_id: Id, tx: Tx) -> dict[str, Any]:
    """The stored viewshed as GeoJSON: certain and possible ground for each sensor."""
    registry.get(tx, camera_id)
    from .viewsheds import features  # brings numba, as above

    return features(tx, camera_id)


@router.post("/cameras/{camera_id}/enrol", **right("cameras.enrol"))
def enrol_device(camera_id: Id, order: DeviceOrder, user: CurrentUser) -> DeviceShape:
    """Probe a device and put it behind a camera."""
    with begin(user.scope) as session:
        registry.get(session, camera_id)
    # Outside the transaction: a device may take seconds to answer.
    credentials = Credentials(order.username, order.password)
    report = devices.ask(order.address, credentials)
    enrolment = devices.Enrolment(camera_id, order.address, credentials)
    with begin(user.scope) as session:
        devices.store(session, devices.Outcome(enrolment, report), by=user)
        session.expire_all()
        return registry.sheet_of(registry.get(session, camera_id)).device


@router.get("/purposes", **right("signed_in"))
def list_purposes(tx: Tx) -> PurposeList:
    """The purposes for which a picture may be opened."""
    rows = tx.scalars(select(Purpose).order_by(Purpose.position))
    return PurposeList(
        purposes=[
            PurposeShape(
                code=p.code, name_zh=p.name_zh, name_en=p.name_en, needs_incident=p.needs_incident
            )
            for p in rows
        ]
    )


@router.post("/streams", status_code=201, **right("streams.open"))
def open_stream(order: StreamOrder, user: CurrentUser, tx: Tx, request: Request) -> StreamTicket:
    """Open a picture: states the purpose, writes the register, gives a single-use ticket.

    Of kind `live`, or `replay` with a range of time of the camera's recordings.
    """
    camera = registry.get(tx, order.camera_id)
    viewer = streams.Viewer(user.id, user.display_name, order.purpose, order.incident_id)
    replay = None
    if order.from_at is not None and order.to_at is not None:
        replay = streams.ReplayRange(order.from_at, order.to_at, order.speed)
    # Before the ticket: whoever writes the register waits from there to the commit.
    outer = gateway_paths.open_path(camera, order.profile) if order.kind == "live" else None
    issued = streams.issue(
        tx, camera, viewer, kind=order.kind, profile=order.profile, replay=replay
    )
    return StreamTicket(
        stream_id=issued.stream.id,
        ticket=issued.ticket,
        url=outer or streams.media_url(camera.id, request.url.hostname or ""),
        expires_at=issued.stream.expires_at,
        profile=order.profile,
        protocol="relay" if outer is None else "whep",
    )


@router.post("/streams/warm", status_code=202, response_class=Response, **right("streams.open"))
def warm_streams(order: WarmOrder, tx: Tx) -> Response:
    """Start pulling cameras that may be opened next; no picture leaves the media worker."""
    rows = tx.scalars(select(Camera.id).where(Camera.id.in_(order.camera_ids)))
    for camera_id in rows:
        announce(tx, Notice("media.warm", camera_id, 0))
    return Response(status_code=202)


@router.post(
    "/cameras/{camera_id}/snapshot",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
    **right("streams.open"),
)
def take_snapshot(camera_id: Id, order: SnapshotOrder, user: CurrentUser) -> Response:
    """A fresh still, asked for with a purpose and written to the register like any opening."""
    viewer = streams.Viewer(user.id, user.display_name, order.purpose, order.incident_id)
    still = stills.take(user, camera_id, viewer)
    return Response(still.content, media_type="image/jpeg", headers={"X-Taken-At": still.taken_at})
