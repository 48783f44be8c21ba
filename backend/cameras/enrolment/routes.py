"""Enrolment over HTTP: lists from files and discovery, logins, duplicates, quirks."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import BaseModel

from video.credentials import Credentials
from video.errors import AddressRefused

from ...accounts.access import CurrentUser, Id, Tx, right
from .. import devices, vault
from . import changing, deciding, duplicates, listing, lists, logins
from .models import EnrolmentRow
from .reading import read_table
from .schemas import (
    DiscoveryOrder,
    DuplicateList,
    EnrolmentPage,
    EnrolmentRowPage,
    EnrolmentRowShape,
    EnrolmentShape,
    EnrolOrder,
    LoginList,
    LoginNew,
    LoginShape,
    MergeOrder,
    ProbeOrder,
    QuirkList,
    QuirkShape,
    RowChoice,
    RowState,
    SecretOrder,
    SecretShape,
)

router = APIRouter(prefix="/api/devices", tags=["devices"])
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


class ListForm(BaseModel):
    """A file of devices; its name is the list's unless another is given."""

    file: UploadFile
    name: str | None = None


@router.post("/discover", status_code=202, **right("cameras.enrol"))
def discover_devices(order: DiscoveryOrder, user: CurrentUser, tx: Tx) -> EnrolmentShape:
    """Look for devices in allowed networks; a job lists what it finds. No login is sent."""
    from video.discovery import addresses_of

    try:
        addresses_of(order.ranges, devices.policy())
    except AddressRefused as refused:
        raise devices.refusal(refused) from None
    wish = {"multicast": order.multicast, "ranges": order.ranges, "ports": order.ports}
    made = lists.make(tx, "discovery", order.name, wish, user)
    lists.begin_job(tx, made, "devices.discover", user)
    return listing.shapes_of(tx, [made])[0]


@router.post("/enrolments", status_code=201, **right("cameras.enrol"))
def upload_list(
    user: CurrentUser, tx: Tx, form: Annotated[ListForm, File(), Form()]
) -> EnrolmentShape:
    """Read a CSV or XLSX of devices; faults are told by row, other rows wait to be asked."""
    rows = read_table(form.file.file.read())
    name = (form.name or form.file.filename or "").strip()[:100] or "-"
    made = lists.make(tx, "file", name, {}, user)
    lists.add_rows(tx, made, rows)
    return listing.shapes_of(tx, [made])[0]


@router.get("/enrolments", **right("cameras.enrol"))
def list_lists(tx: Tx) -> EnrolmentPage:
    """The newest lists of devices."""
    return EnrolmentPage(enrolments=listing.shapes_of(tx, lists.latest(tx)))


@router.get("/enrolments/{enrolment_id}", **right("cameras.enrol"))
def read_list(enrolment_id: Id, tx: Tx) -> EnrolmentShape:
    """How far a list is, with the counts of its rows by state."""
    return listing.shapes_of(tx, [lists.get(tx, enrolment_id)])[0]


@router.get("/enrolments/{enrolment_id}/rows", **right("cameras.enrol"))
def list_rows(
    enrolment_id: Id,
    tx: Tx,
    state: Annotated[list[RowState], Query(max_length=6)] = [],  # noqa: B006  FastAPI copies it
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> EnrolmentRowPage:
    """Rows of a list: what was asked, what answered and what not and why, which camera it is."""
    lists.get(tx, enrolment_id)
    return listing.page(tx, enrolment_id, states=state, after=after, limit=limit)


@router.get(
    "/enrolments/{enrolment_id}/report",
    response_class=Response,
    responses=_CSV,
    **right("cameras.enrol"),
)
def read_report(
    enrolment_id: Id,
    user: CurrentUser,
    tx: Tx,
    language: Annotated[Literal["zh", "en"] | None, Query()] = None,
) -> Response:
    """The whole list as CSV; it holds no login."""
    lists.get(tx, enrolment_id)
    content = "".join(listing.report(tx, enrolment_id, language or user.language))
    headers = {"Content-Disposition": f'attachment; filename="devices-{enrolment_id}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/enrolments/{enrolment_id}/probe", status_code=202, **right("cameras.enrol"))
def probe_list(enrolment_id: Id, order: ProbeOrder, user: CurrentUser, tx: Tx) -> EnrolmentShape:
    """Ask the devices that have not answered yet, or some of them; a job does it.

    A cancelled or broken list is taken up where it was.
    """
    found = lists.settled(tx, enrolment_id)
    secret = None
    if order.login_id is not None:
        secret = logins.get(tx, order.login_id).secret
    elif order.username:
        vault.hold(tx)
        secret = vault.seal(order.username, order.password)
    lists.await_rows(tx, found, order.row_ids, secret)
    found.wish = found.wish | {"again": order.again, "language": user.language}
    lists.begin_job(tx, found, "devices.probe_list", user)
    return listing.shapes_of(tx, [found])[0]


@router.post("/enrolments/{enrolment_id}/cancel", **right("cameras.enrol"))
def cancel_list(enrolment_id: Id, user: CurrentUser, tx: Tx) -> EnrolmentShape:
    """Call the asking off; what was learnt stays."""
    return listing.shapes_of(tx, [lists.cancel(tx, enrolment_id, user)])[0]


@router.patch("/enrolments/{enrolment_id}/rows/{row_id}", **right("cameras.enrol"))
def choose_camera(enrolment_id: Id, row_id: Id, choice: RowChoice, tx: Tx) -> EnrolmentRowShape:
    """Say which camera a row is, or leave it out."""
    row: EnrolmentRow = deciding.choose(tx, enrolment_id, row_id, choice)
    return listing.row_shapes(tx, [row])[0]


@router.post("/enrolments/{enrolment_id}/enrol", **right("cameras.enrol"))
def enrol_rows(enrolment_id: Id, order: EnrolOrder, user: CurrentUser, tx: Tx) -> EnrolmentShape:
    """Put the devices that answered behind their cameras."""
    found = lists.settled(tx, enrolment_id)
    deciding.enrol(tx, found, order.row_ids, user)
    return listing.shapes_of(tx, [found])[0]


@router.get("/logins", **right("cameras.enrol"))
def list_logins(tx: Tx) -> LoginList:
    """Logins of groups by name; what they are is never shown."""
    return LoginList(
        logins=[
            LoginShape(id=each.id, name=each.name, changed_at=each.changed_at)
            for each in logins.listed(tx)
        ]
    )


@router.post("/logins", status_code=201, **right("cameras.enrol"))
def keep_login(new: LoginNew, user: CurrentUser, tx: Tx) -> LoginShape:
    """Keep a login under a name; one of that name is replaced."""
    kept = logins.keep(tx, new.name, Credentials(new.username, new.password), user)
    return LoginShape(id=kept.id, name=kept.name, changed_at=kept.changed_at)


@router.delete(
    "/logins/{login_id}", status_code=204, response_class=Response, **right("cameras.enrol")
)
def forget_login(login_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Forget a login; devices enrolled with it keep theirs."""
    logins.forget(tx, login_id, user)
    return Response(status_code=204)


@router.get("/duplicates", **right("cameras.enrol"))
def list_duplicates(tx: Tx) -> DuplicateList:
    """Cameras that are one input of one device, and what tells so."""
    return DuplicateList(duplicates=duplicates.duplicates(tx))


@router.post("/duplicates/merge", **right("cameras.enrol"))
def merge_duplicates(order: MergeOrder, user: CurrentUser, tx: Tx) -> DuplicateList:
    """Leave the device at one camera and take it from the others; the cameras stay."""
    duplicates.merge(tx, order.keep_id, order.drop_ids, user)
    return DuplicateList(duplicates=duplicates.duplicates(tx))


@router.get("/quirks", **right("cameras.enrol"))
def list_quirks() -> QuirkList:
    """How devices leave the standard, and what is done about it."""
    from video.quirks import QUIRKS

    return QuirkList(
        quirks=[
            QuirkShape(name=q.name, symptom=q.symptom, remedy=q.remedy, source=q.source)
            for q in QUIRKS.values()
        ]
    )


@router.post("/{camera_id}/secret", **right("cameras.enrol"))
def change_secret(camera_id: Id, order: SecretOrder, user: CurrentUser) -> SecretShape:
    """Change the login of a camera's device: tried once, then kept for all its cameras."""
    return changing.change(user, camera_id, Credentials(order.username, order.password))
