"""Presets, tours, masked sectors, calibration and home view of a head over HTTP."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from ...accounts.access import CurrentUser, Id, Tx, right
from .. import registry
from .keeping_schemas import (
    CalibrationShape,
    HeadCalibrationOrder,
    HeadEdit,
    MaskNew,
    MaskShape,
    PositionShape,
    PresetEdit,
    PresetNew,
    PresetShape,
    PresetTourEdit,
    PresetTourNew,
    PresetTourShape,
    PtzSheet,
)
from .schemas import MoveAnswer, Stated

router = APIRouter(prefix="/api/cameras/{camera_id}/ptz", tags=["ptz"])


@router.patch("", **right("cameras.edit"))
def edit_head(camera_id: Id, change: HeadEdit, user: CurrentUser, tx: Tx) -> PtzSheet:
    """State the widest and narrowest field, the home view and after how long it goes there."""
    from .sheet import sheet
    from .stating import edit_head

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
    from .sheet import tour_shape
    from .tours import keep_tour

    return tour_shape(keep_tour(tx, registry.get(tx, camera_id), new, user))


@router.patch("/tours/{tour_id}", **right("ptz.control"))
def edit_tour(
    camera_id: Id, tour_id: Id, change: PresetTourEdit, user: CurrentUser
) -> PresetTourShape:
    """Change a tour's name or its stops; one that runs ends."""
    from .sheet import tour_shape
    from .tours import edit_tour

    return tour_shape(edit_tour(user, camera_id, tour_id, change))


@router.post("/tours/{tour_id}/start", **right("ptz.control"))
def start_tour(camera_id: Id, tour_id: Id, order: Stated, user: CurrentUser) -> PresetTourShape:
    """Let a tour run from its first stop; it rests while somebody else holds the head."""
    from .sheet import tour_shape
    from .tours import start_tour

    return tour_shape(start_tour(user, camera_id, tour_id, order))


@router.post("/tours/{tour_id}/stop", **right("ptz.control"))
def stop_tour(camera_id: Id, tour_id: Id, user: CurrentUser) -> PresetTourShape:
    """Let a tour end where it is."""
    from .sheet import tour_shape
    from .tours import stop_tour

    return tour_shape(stop_tour(user, camera_id, tour_id))


@router.delete("/tours/{tour_id}", status_code=204, response_class=Response, **right("ptz.control"))
def drop_tour(camera_id: Id, tour_id: Id, user: CurrentUser) -> Response:
    """Remove a tour, in its device as well."""
    from .tours import drop_tour

    drop_tour(user, camera_id, tour_id)
    return Response(status_code=204)


@router.post("/masks", status_code=201, **right("cameras.edit"))
def keep_mask(camera_id: Id, new: MaskNew, user: CurrentUser, tx: Tx) -> MaskShape:
    """Keep a sector into which this camera never looks."""
    from .sheet import mask_shape
    from .stating import keep_mask

    return mask_shape(keep_mask(tx, registry.get(tx, camera_id), new, user))


@router.put("/masks/{mask_id}", **right("cameras.edit"))
def edit_mask(camera_id: Id, mask_id: Id, wanted: MaskNew, user: CurrentUser, tx: Tx) -> MaskShape:
    """Change a masked sector, whole."""
    from .sheet import mask_shape
    from .stating import edit_mask

    return mask_shape(edit_mask(tx, registry.get(tx, camera_id), mask_id, wanted, user))


@router.delete(
    "/masks/{mask_id}", status_code=204, response_class=Response, **right("cameras.edit")
)
def drop_mask(camera_id: Id, mask_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Remove a masked sector."""
    from .stating import drop_mask

    drop_mask(tx, registry.get(tx, camera_id), mask_id, user)
    return Response(status_code=204)


@router.post("/position", **right("ptz.control"))
def read_position(camera_id: Id, user: CurrentUser) -> PositionShape:
    """Ask the device where its head stands, once it stands: what a landmark is seen at."""
    from .refreshing import position_now

    return position_now(user, camera_id)


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
