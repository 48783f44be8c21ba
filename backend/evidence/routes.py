"""Evidence at the API: recorded, marked, read, held, handed over. Every reading is on record."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, status
from fastapi.responses import FileResponse, StreamingResponse

from .. import db
from ..access import CurrentUser, Id, Tx, right
from ..incidents.models import Incident
from . import asking, cutting, exporting, keys, listing, publishing, retention, snapshots, storing
from .models import Evidence
from .schemas import (
    ClipIn,
    EvidenceList,
    EvidenceOut,
    HoldIn,
    KeyList,
    MarkIn,
    MarkOut,
    PublicationIn,
    PurposeCode,
    RecordingIn,
    SnapshotIn,
    StorageOut,
    evidence_out,
    key_out,
    mark_out,
    storage_out,
)

router = APIRouter(prefix="/api", tags=["evidence"])

_PRIVATE = {"Cache-Control": "private, no-store"}
_Purpose = Annotated[PurposeCode, Query()]


@router.get("/incidents/{incident_id}/evidence", **right("evidence.read"))
def list_evidence(incident_id: Id, user: CurrentUser, tx: Tx) -> EvidenceList:
    """Return the evidence and marks of an incident, and how full the store is."""
    asking.incident_of(tx, incident_id, user)
    return EvidenceList(
        evidence=[evidence_out(*row) for row in listing.of_incident(tx, incident_id)],
        marks=[mark_out(row) for row in listing.marks_of(tx, incident_id)],
        storage=storage_out(storing.room(tx)),
        as_of=datetime.now(UTC),
    )


@router.post(
    "/incidents/{incident_id}/evidence/clips",
    status_code=status.HTTP_201_CREATED,
    **right("evidence.make"),
)
def begin_clip(incident_id: Id, wanted: ClipIn, user: CurrentUser) -> EvidenceOut:
    """Record a camera for an incident, from some seconds before now until it is stopped."""
    _make_room_if_full()
    clip = asking.ClipWanted(**wanted.model_dump())
    with db.begin(user.scope) as tx:
        incident = asking.incident_of(tx, incident_id, user)
        made = asking.begin(tx, incident, clip, by=user, now=datetime.now(UTC))
        return evidence_out(made, [])


@router.post(
    "/incidents/{incident_id}/evidence/recordings",
    status_code=status.HTTP_201_CREATED,
    **right("evidence.make"),
)
def cut_recording(incident_id: Id, wanted: RecordingIn, user: CurrentUser) -> EvidenceOut:
    """Keep a stretch of what a camera's own device has recorded; its media worker fetches it."""
    _make_room_if_full()
    with db.begin(user.scope) as tx:
        incident = asking.incident_of(tx, incident_id, user)
        stretch = cutting.Stretch(**wanted.model_dump())
        made = cutting.ask(tx, incident, stretch, by=user, now=datetime.now(UTC))
        return evidence_out(made, [])


@router.post("/incidents/{incident_id}/evidence/{evidence_id}/stop", **right("evidence.make"))
def stop_clip(incident_id: Id, evidence_id: Id, user: CurrentUser, tx: Tx) -> EvidenceOut:
    """End a clip; its media worker seals it within seconds."""
    asking.incident_of(tx, incident_id, user)
    clip = asking.evidence_of(tx, evidence_id, user, incident_id=incident_id)
    asking.stop(tx, clip, by=user, now=datetime.now(UTC))
    return evidence_out(clip, [])


@router.post(
    "/incidents/{incident_id}/evidence/snapshots",
    status_code=status.HTTP_201_CREATED,
    **right("evidence.make"),
)
def keep_snapshot(incident_id: Id, wanted: SnapshotIn, user: CurrentUser) -> EvidenceOut:
    """Take a still of a camera and seal it as evidence."""
    _make_room_if_full()
    made_id = snapshots.take(user, incident_id, wanted.camera_id, wanted.purpose)
    with db.begin(user.scope) as tx:
        [row] = listing.with_parts(tx, [tx.get_one(Evidence, made_id)])
        return evidence_out(*row)


@router.post(
    "/incidents/{incident_id}/evidence/marks",
    status_code=status.HTTP_201_CREATED,
    **right("evidence.make"),
)
def set_mark(incident_id: Id, wanted: MarkIn, user: CurrentUser, tx: Tx) -> MarkOut:
    """Set a mark on the incident's time line, at the instant it was seen."""
    now = datetime.now(UTC)
    noted = asking.MarkWanted(wanted.text, wanted.at or now, wanted.camera_id)
    incident: Incident = asking.incident_of(tx, incident_id, user)
    return mark_out(asking.mark(tx, incident, noted, by=user, now=now))


@router.get("/evidence/storage", **right("evidence.read"))
def read_storage(tx: Tx) -> StorageOut:
    """Return how full the store of evidence is."""
    return storage_out(storing.room(tx))


@router.get("/evidence/keys", **right("evidence.read"))
def list_keys(tx: Tx) -> KeyList:
    """Return the public keys by which evidence is verified, the present one first."""
    return KeyList(keys=[key_out(row) for row in keys.listed(tx)])


@router.get("/evidence/{evidence_id}", **right("evidence.read"))
def read_evidence(evidence_id: Id, user: CurrentUser, tx: Tx) -> EvidenceOut:
    """Return what is known of one piece of evidence; its files are read one by one."""
    [row] = listing.with_parts(tx, [asking.evidence_of(tx, evidence_id, user)])
    return evidence_out(*row)


@router.get(
    "/evidence/{evidence_id}/file",
    response_class=FileResponse,
    responses={200: {"content": {"video/mp4": {}, "image/jpeg": {}}}},
    **right("evidence.read"),
)
def read_file(
    *,
    evidence_id: Id,
    user: CurrentUser,
    purpose: _Purpose,
    part: Annotated[int, Query(ge=0, le=999)] = 0,
    range_: Annotated[str | None, Header(alias="Range", include_in_schema=False)] = None,
) -> FileResponse:
    """Return one file; the reading enters the register with its purpose."""
    with db.begin(user.scope) as tx:
        kept = asking.evidence_of(tx, evidence_id, user)
        goes_on = range_ is not None and not range_.replace(" ", "").startswith("bytes=0-")
        opened = listing.open_part(tx, kept, part, purpose, by=user, goes_on=goes_on)
    name = f"{evidence_id}-{opened.part.file}"
    return FileResponse(
        opened.path,
        media_type=opened.part.media_type,
        filename=name,
        content_disposition_type="inline",
        headers=_PRIVATE,
    )


@router.post("/evidence/{evidence_id}/hold", **right("evidence.hold"))
def hold_evidence(evidence_id: Id, wanted: HoldIn, user: CurrentUser, tx: Tx) -> EvidenceOut:
    """Hold a piece of evidence against removal, with a reason; or release it."""
    kept = asking.evidence_of(tx, evidence_id, user)
    if wanted.held:
        asking.hold(tx, kept, wanted.reason, by=user, now=datetime.now(UTC))
    else:
        asking.release(tx, kept, wanted.reason, by=user)
    [row] = listing.with_parts(tx, [kept])
    return evidence_out(*row)


@router.get(
    "/evidence/{evidence_id}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
    **right("evidence.read"),
)
def export_evidence(evidence_id: Id, user: CurrentUser, purpose: _Purpose) -> StreamingResponse:
    """Return the package for outsiders; the export enters the register with its purpose."""
    with db.begin(user.scope) as tx:
        kept = asking.evidence_of(tx, evidence_id, user)
        package = exporting.pack(tx, kept, purpose, by=user)
    named = {"Content-Disposition": f'attachment; filename="{package.name}"'}
    return StreamingResponse(
        exporting.stream(package), media_type="application/zip", headers=_PRIVATE | named
    )


@router.post(
    "/evidence/{evidence_id}/publication",
    status_code=status.HTTP_202_ACCEPTED,
    **right("evidence.make"),
)
def publish_evidence(
    evidence_id: Id, wanted: PublicationIn, user: CurrentUser, tx: Tx
) -> EvidenceOut:
    """Ask for a copy with areas covered that were drawn by hand; a job makes and seals it."""
    original = asking.evidence_of(tx, evidence_id, user)
    masks = [mask.model_dump() for mask in wanted.masks]
    made = publishing.ask(tx, original, masks, wanted.purpose, by=user)
    return evidence_out(made, [])


def _make_room_if_full() -> None:
    """Let the oldest go before something new is refused; a transaction of the system's own."""
    with db.begin() as tx:
        is_full = storing.room(tx).state == "full"
    if is_full:
        retention.make_room(datetime.now(UTC))
