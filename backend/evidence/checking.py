"""Checking the store against the database: files, manifests, signatures, the register's words."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..audit.models import RegisterEntry
from . import keys, storing
from .manifest import digest
from .models import Evidence, EvidenceKey, EvidencePart
from .verifying import Report

_BATCH = 500


def check_store(session: Session) -> Report:
    """Check every piece that is kept, and the manifests of those that were removed."""
    report = Report()
    sealed = select(Evidence).where(Evidence.manifest.is_not(None)).order_by(Evidence.id)
    for row in session.scalars(sealed.execution_options(yield_per=_BATCH)):
        _check_manifest(session, row, report)
        if row.state == "kept":
            _check_files(session, row, report)
    return report


def _check_manifest(session: Session, row: Evidence, report: Report) -> None:
    name, manifest = f"{row.id}/manifest.json", (row.manifest or "").encode()
    key = session.get(EvidenceKey, row.key_id)
    entry = session.get(RegisterEntry, row.register_seq)
    if key is None or not keys.is_signed(manifest, row.signature or b"", key.public_key):
        report.note(name, "manifest or signature was altered: they do not match")
    elif digest(row.manifest or "") != row.manifest_sha256:
        report.note(name, "the stored hash of the manifest was altered")
    elif entry is None or entry.detail.get("manifest_sha256") != row.manifest_sha256.hex():
        report.note(name, f"entry {row.register_seq} of the register tells of another manifest")
    else:
        report.note(name)


def _check_files(session: Session, row: Evidence, report: Report) -> None:
    folder = storing.folder_of(row.id)
    wanted = select(EvidencePart).where(EvidencePart.evidence_id == row.id)
    for part in session.scalars(wanted.order_by(EvidencePart.no)):
        path, name = folder / part.file, f"{row.id}/{part.file}"
        if not path.exists():
            report.note(name, "the file is missing")
        elif storing.sha256_of(path) != part.sha256:
            report.note(name, "the file was altered: its SHA-256 is not the one sealed")
        else:
            report.note(name)
