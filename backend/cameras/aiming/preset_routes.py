"""Presets, tours, masked sectors, calibration and home view of a head over HTTP."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from ...accounts.access import CurrentUser, Id, Tx, right
from .. import registry
from . import stated
from .schemas import (
    CalibrationShape,
    HeadCalibrationOrder,
    HeadEdit,
    MaskNew,
    MaskShape,
    MoveAnswer,
    PresetEdit,
    PresetNew,
    PresetShape,
    PresetTourNew,
    PresetTourShape,
    PtzSheet,
    Stated,
)

router = APIRouter(prefix="/api/cameras/{camera_id}/ptz", tags=["ptz"])


@router.patch("", **right("cameras.edit"))
def edit_head(camera_id: Id, change: HeadEdit, user: CurrentUser, tx: Tx) -> PtzSheet:
    """State the widest and narrowest field, the home view and after how long it goes there."""
    from .presets import edit_head
    from .sheet import sheet

    edit_head(tx, registry.get(tx, camera_id), change, user)
    return sheet(tx, user, camera_id, datetime.now(UTC))


@router.post("/presets", status_code=201, **right("ptz.control"))
def keep_preset(camera_id: Id, new: PresetNew, user: CurrentUser) -> PresetShape:
    """Keep the present view under a name, in the device and on the map."""
    from .presets import keep_preset
    from .sheet import preset_shape

    return preset_shape(keep_preset(user, camera_id, new))


@router.patch("/presets/{preset_id}", **right("ptz.control"))
def edit_preset(
    camera_id: Id, preset_id: Id, change: PresetEdit, user: CurrentUser, tx: Tx
) -> PresetShape:
    """Change a preset's name, or the angles stated of it."""
    from .presets import edit_preset
    from .sheet import preset_shape

    return preset_shape(edit_preset(tx, registry.get(tx, camera_id), preset_id, change, user))


@router.delete(
    "/presets/{preset_id}", status_code=204, response_class=Response, **right("ptz.control")
)
def drop_preset(camera_id: Id, preset_id: Id, user: CurrentUser) -> Response:
    """Remove a preset here and in the device."""
    from .presets import drop_preset

    drop_preset(user, camera_id, preset_id)
    return Response(status_code=204)


@router.post("/presets/{preset_id}/goto", **right("ptz.control"))
def go_to_preset(camera_id: Id, preset_id: Id, order: Stated, user: CurrentUser) -> MoveAnswer:
    """Send the head to a preset, if what that shows may be seen."""
    from .presets import go_to_preset

    return go_to_preset(user, camera_id, preset_id, order)


@router.post("/tours", status_code=201, **right("ptz.control"))
def keep_tour(camera_id: Id, new: PresetTourNew, user: CurrentUser, tx: Tx) -> PresetTourShape:
    """Keep a tour: presets one after the other, each for its seconds."""
    from .presets import keep_tour
    from .sheet import tour_shape

    return tour_shape(keep_tour(tx, registry.get(tx, camera_id), new, user))


@router.post("/tours/{tour_id}/start", **right("ptz.control"))
def start_tour(
    camera_id: Id, tour_id: Id, order: Stated, user: CurrentUser, tx: Tx
) -> PresetTourShape:
    """Let a tour run from its first stop; it rests while somebody else holds the head."""
    from .presets import start_tour
    from .sheet import tour_shape

    camera = registry.get(tx, camera_id)
    why = stated.why_of(tx, user, camera, order)
    return tour_shape(start_tour(tx, camera, tour_id, why, datetime.now(UTC)))


@router.post("/tours/{tour_id}/stop", **right("ptz.control"))
def stop_tour(camera_id: Id, tour_id: Id, user: CurrentUser, tx: Tx) -> PresetTourShape:
    """Let a tour end where it is."""
    from .presets import stop_tour
    from .sheet import tour_shape

    return tour_shape(stop_tour(tx, registry.get(tx, camera_id), tour_id, user))


@router.delete("/tours/{tour_id}", status_code=204, response_class=Response, **right("ptz.control"))
def drop_tour(camera_id: Id, tour_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Remove a tour."""
    from .presets import drop_tour

    drop_tour(tx, registry.get(tx, camera_id), tour_id, user)
    return Response(status_code=204)


@router.post("/masks", status_code=201, **right("cameras.edit"))
def keep_mask(camera_id: Id, new: MaskNew, user: CurrentUser, tx: Tx) -> MaskShape:
    """Keep a sector into which this camera never looks."""
    from .presets import keep_mask
    from .sheet import mask_shape

    return mask_shape(keep_mask(tx, registry.get(tx, camera_id), new, user))


@router.delete(
    "/masks/{mask_id}", status_code=204, response_class=Response, **right("cameras.edit")
)
def drop_mask(camera_id: Id, mask_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Remove a masked sector."""
    from .presets import drop_mask

    drop_mask(tx, registry.get(tx, camera_id), mask_id, user)
    return Response(status_code=204)


@router.post("/calibration", **right("cameras.edit"))
def compute_calibration(
    camera_id: Id, order: HeadCalibrationOrder, user: CurrentUser
) -> CalibrationShape:
    """What the landmarks say of the head, with residuals; nothing is stored."""
    from .refreshing import calibrate

    return calibrate(user, camera_id, order, keeps=False)


@router.put("/calibration", **right("cameras.edit"))
def apply_calibration(
    camera_id: Id, order: HeadCalibrationOrder, user: CurrentUser
) -> CalibrationShape:
    """Compute the same and keep it: the head is aimed by it from now on."""
    from .refreshing import calibrate

    return calibrate(user, camera_id, order, keeps=True)
