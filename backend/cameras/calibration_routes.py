"""Calibration over HTTP: a picture for it, a pose from landmarks, the pose applied.

Planners open pictures here and nowhere else, for this one purpose, each time entered in the
register.
"""

from fastapi import APIRouter, Request, Response

from ..accounts.access import CurrentUser, Id, Principal, Tx, right
from . import registry, stills, streams
from .calibration_schemas import CalibrationAnswer, CalibrationOrder
from .schemas import CameraSheet, StreamTicket

router = APIRouter(prefix="/api/cameras/{camera_id}/calibration", tags=["cameras"])


@router.post(
    "/snapshot",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
    **right("cameras.edit"),
)
def take_calibration_snapshot(camera_id: Id, user: CurrentUser) -> Response:
    """A fresh still to mark landmarks in; entered with the purpose "calibration"."""
    still = stills.take(user, camera_id, _viewer(user))
    return Response(still.content, media_type="image/jpeg", headers={"X-Taken-At": still.taken_at})


@router.post("/stream", status_code=201, **right("cameras.edit"))
def open_calibration_stream(
    camera_id: Id, user: CurrentUser, tx: Tx, request: Request
) -> StreamTicket:
    """A live picture to turn the sector by; entered with the purpose "calibration"."""
    camera = registry.get(tx, camera_id)
    issued = streams.issue(tx, camera, _viewer(user), profile="sub")
    return StreamTicket(
        stream_id=issued.stream.id,
        ticket=issued.ticket,
        url=streams.media_url(camera.id, request.url.hostname or ""),
        expires_at=issued.stream.expires_at,
        profile="sub",
    )


@router.post("", **right("cameras.edit"))
def calibrate_camera(camera_id: Id, order: CalibrationOrder, tx: Tx) -> CalibrationAnswer:
    """The pose that explains the landmarks, its errors and its ground; nothing is stored."""
    from .calibrating import calibrated  # brings numba and scipy
    from .calibration_answer import answer_of

    return answer_of(calibrated(tx, registry.get(tx, camera_id), order), order)


@router.put("", **right("cameras.edit"))
def apply_calibration(
    camera_id: Id, order: CalibrationOrder, user: CurrentUser, tx: Tx
) -> CameraSheet:
    """Compute the same pose and store it; the viewshed follows by a job."""
    from .calibrating import apply, calibrated  # brings numba and scipy

    camera = registry.get(tx, camera_id)
    apply(tx, calibrated(tx, camera, order), order, by=user)
    return registry.sheet_of(camera)


def _viewer(user: Principal) -> streams.Viewer:
    return streams.Viewer(user.id, user.display_name, streams.CALIBRATION, None)
