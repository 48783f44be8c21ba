"""The registry of cameras: list, sheet, new, edit; a changed pose makes the viewshed stale."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from shapely import Point
from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import Act, enter
from ..divisions.assigning import NOWHERE
from ..divisions.codes import text_of
from ..divisions.locating import division_at
from ..errors import NotFound
from ..initials import initials_of
from ..jobs import defer
from ..live import Notice, announce
from ..restricted.law import require_lawful
from ..spatial import lonlat, to_db
from .models import Camera, Pose, Viewshed
from .schemas import (
    CameraEdit,
    CameraNew,
    CameraPage,
    CameraRow,
    CameraSheet,
    CameraStatus,
    DeviceShape,
    PoseShape,
    StatusPage,
    StatusRow,
    ViewFault,
)

_VIEW_FAULT: TypeAdapter[ViewFault | None] = TypeAdapter(ViewFault | None)
_NOT_STORED = {"fov_assumed", "range_assumed"}


@dataclass(frozen=True, slots=True)
class Listing:
    """Which cameras a list shows: by name, initials or code; by state; after an id."""

    q: str = ""
    alive: bool | None = None
    after: int = 0
    limit: int = 100


def get(session: Session, camera_id: int) -> Camera:
    """Return a camera of the caller's jurisdiction; outside it there is none."""
    camera = session.get(Camera, camera_id)
    if camera is None:
        raise NotFound()
    return camera


def page(session: Session, listing: Listing) -> CameraPage:
    """Return the next cameras in order of id."""
    rows = session.scalars(_listed(listing).limit(listing.limit + 1)).all()
    shown = rows[: listing.limit]
    more = len(rows) > listing.limit
    return CameraPage(
        cameras=[row_of(camera) for camera in shown], next=shown[-1].id if more else None
    )


def _listed(listing: Listing) -> Select[Camera]:
    query = select(Camera).where(Camera.id > listing.after).order_by(Camera.id)
    if listing.q:
        part = listing.q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        query = query.where(
            or_(
                Camera.name.ilike(f"%{part}%"),
                Camera.initials.like(f"{part.lower()}%"),
                Camera.code.like(f"{part}%"),
            )
        )
    if listing.alive is not None:
        query = query.where(Camera.is_alive.is_(listing.alive))
    return query


def statuses(session: Session, after: int) -> StatusPage:
    """Return the cameras whose version rose above `after`: what a console must redraw."""
    rows = session.execute(
        select(Camera.id, Camera.is_alive, Camera.last_frame_at, Camera.version)
        .where(Camera.version > after)
        .order_by(Camera.version)
        .limit(2000)
    ).all()
    return StatusPage(
        version=rows[-1].version if rows else after,
        cameras=[StatusRow(id=r.id, alive=r.is_alive, last_frame_at=r.last_frame_at) for r in rows],
    )


def create(session: Session, new: CameraNew, *, by: Principal | None = None) -> Camera:
    """Add a camera; its division is the one it stands in, and the law must let it stand there."""
    require_lawful(session, new.lon, new.lat)
    camera = Camera(
        set_name="console",
        name=new.name,
        initials=initials_of(new.name),
        has_ptz=bool(new.has_ptz),
        height_m=new.height_m,
        width_px=new.width_px,
        address=new.address,
        division_code=division_at(session, new.lon, new.lat) or NOWHERE,
        geom=to_db(Point(new.lon, new.lat)),
    )
    camera.poses = [_pose(shape) for shape in new.poses or [PoseShape()]]
    session.add(camera)
    session.flush()
    _refresh_viewshed(session, camera)
    _register(session, "camera.added", camera, by, new)
    return camera


def edit(
    session: Session, camera: Camera, change: CameraEdit, *, by: Principal | None = None
) -> None:
    """Apply the fields given; position and pose bring a new viewshed.

    A camera that stood in an area before it was restricted can be edited, but not moved within it.
    """
    given = change.model_dump(exclude_unset=True, exclude={"lon", "lat", "poses"})
    for field, value in given.items():
        setattr(camera, field, value)
    if "name" in given:
        camera.initials = initials_of(camera.name)
    if change.lon is not None and change.lat is not None:
        if (change.lon, change.lat) != lonlat(camera.geom):
            require_lawful(session, change.lon, change.lat)
        camera.geom = to_db(Point(change.lon, change.lat))
        camera.division_code = division_at(session, change.lon, change.lat) or NOWHERE
    if change.poses is not None:
        _set_poses(session, camera, change.poses)
    session.flush()
    session.refresh(camera)
    _refresh_viewshed(session, camera)
    _register(session, "camera.changed", camera, by, change)


def remove(session: Session, camera: Camera, *, by: Principal | None = None) -> None:
    """Take a camera out of the registry; its last sheet goes into the register.

    Who opened its picture, and which incidents it was linked to, stays on record under its id.
    """
    last = sheet_of(camera).model_dump(mode="json", exclude={"status", "device"})
    notice = Notice("camera", camera.id, camera.version, camera.division_code)
    act = _act("camera.removed", camera, by, last)
    # Poses, device and viewshed go with the row; the unit of work would empty their keys first.
    session.execute(delete(Camera).where(Camera.id == camera.id))
    session.expunge(camera)
    defer(session, "coverage.refresh", key="coverage")
    enter(session, act)
    announce(session, notice)


def _register(
    session: Session, act: str, camera: Camera, by: Principal | None, change: CameraEdit
) -> None:
    """Enter who changed what: a camera turned on paper is believed to see what it does not."""
    detail = change.model_dump(mode="json", exclude_unset=True)
    enter(session, _act(act, camera, by, detail))


def _act(act: str, camera: Camera, by: Principal | None, detail: dict[str, Any]) -> Act:
    return Act(
        act,
        by.id if by else None,
        by.username if by else "gridlink",
        camera_id=camera.id,
        camera_name=camera.name,
        division_code=camera.division_code,
        detail=detail,
    )


def _set_poses(session: Session, camera: Camera, shapes: list[PoseShape]) -> None:
    """Change sensors in place, so that a stale viewshed stays on the map until the new one is."""
    wanted = {shape.sensor_no: shape for shape in shapes}
    session.execute(delete(Pose).where(Pose.camera_id == camera.id, Pose.sensor_no.not_in(wanted)))
    present = {pose.sensor_no: pose for pose in camera.poses}
    for number, shape in wanted.items():
        if number in present:
            for field, value in shape.model_dump(exclude=_NOT_STORED).items():
                setattr(present[number], field, value)
        else:
            session.add(_pose(shape, camera.id))


def _refresh_viewshed(session: Session, camera: Camera) -> None:
    session.execute(update(Viewshed).where(Viewshed.camera_id == camera.id).values(is_stale=True))
    defer(
        session,
        "cameras.refresh_viewsheds",
        key=f"viewsheds:{camera.id}",
        camera_ids=[camera.id],
    )
    defer(session, "coverage.refresh", key="coverage")
    announce(session, Notice("camera", camera.id, camera.version, camera.division_code))


def _pose(shape: PoseShape, camera_id: int | None = None) -> Pose:
    fields = shape.model_dump(exclude=_NOT_STORED)
    return Pose(**fields, **({} if camera_id is None else {"camera_id": camera_id}))


def row_of(camera: Camera) -> CameraRow:
    """Return a camera as lists show it."""
    lon, lat = lonlat(camera.geom)
    return CameraRow(
        id=camera.id,
        name=camera.name,
        code=camera.code,
        kind=camera.kind,
        lon=lon,
        lat=lat,
        has_ptz=camera.has_ptz,
        address=camera.address,
        enrolled=camera.device is not None,
        status=CameraStatus(
            alive=camera.is_alive, last_frame_at=camera.last_frame_at, reason=camera.status_reason
        ),
        version=camera.version,
    )


def sheet_of(camera: Camera) -> CameraSheet:
    """Return all that the console's sheet of a camera shows."""
    return CameraSheet(
        **row_of(camera).model_dump(),
        managing_unit=camera.managing_unit,
        use_type=camera.use_type,
        division_code=text_of(camera.division_code),
        height_m=camera.height_m,
        height_assumed=camera.height_m is None,
        view_fault=_VIEW_FAULT.validate_python(camera.view_fault),
        poses=[
            PoseShape(
                sensor_no=pose.sensor_no,
                azimuth_deg=pose.azimuth_deg,
                azimuth_error_deg=pose.azimuth_error_deg,
                fov_deg=pose.fov_deg,
                fov_assumed=pose.fov_deg is None,
                range_m=pose.range_m,
                range_assumed=pose.range_m is None,
                tilt_deg=pose.tilt_deg,
                tilt_error_deg=pose.tilt_error_deg,
                fov_error_deg=pose.fov_error_deg,
                source=pose.source,
            )
            for pose in camera.poses
        ],
        device=_device_of(camera),
    )


def _device_of(camera: Camera) -> DeviceShape:
    device = camera.device
    if device is None:
        return DeviceShape(enrolled=False)
    host = device.address.split("//")[-1].split("/")[0]
    shown = ("name", "codec", "width", "height", "fps")
    return DeviceShape(
        enrolled=True,
        host_masked=host[: max(len(host) // 2, 1)] + "…",
        auth_state=device.auth_state,
        information=device.information,
        profiles=[{key: p.get(key) for key in shown} for p in device.profiles],
    )
