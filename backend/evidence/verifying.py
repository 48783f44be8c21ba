"""Verifying evidence offline: a package, or a folder's manifest and clips, with nothing but a key.

Every byte of the files counts; what is wrong is named by its file. Nothing here reads a database.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from . import keys

PACKAGE, PACKAGE_SIGNATURE, PACKAGE_KEY = "package.json", "package.sig", "package-key.pem"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public-key.pem"
REGISTER, SKETCH = "register.json", "sketch.svg"
_LARGEST_TEXT = 8 * 1024 * 1024
_MOST_FILES = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `fault` says what is wrong with it, None when nothing is."""

    file: str
    fault: str | None = None


@dataclass(slots=True)
class Report:
    """What was checked, in order, and by which key."""

    findings: list[Finding] = field(default_factory=list)
    key_id: str | None = None
    fingerprint: str | None = None
    manifest: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        return bool(self.findings) and all(each.fault is None for each in self.findings)

    def note(self, file: str, fault: str | None = None) -> bool:
        """Add a finding and return whether it is good; a file is told to be at fault once."""
        if any(each.file == file and each.fault for each in self.findings):
            return False
        self.findings.append(Finding(file, fault))
        return fault is None


class _Files(Protocol):
    """Files by name, from a package or a folder."""

    def names(self) -> list[str]: ...

    def text(self, name: str) -> bytes | None:
        """Return a short file whole, None when there is none."""

    def digest(self, name: str) -> str | None:
        """Return a file's SHA-256, None when there is none or it cannot be read."""


def verify(path: Path, key: bytes | None = None) -> Report:
    """Check a package (zip), a manifest, or a clip with its manifest beside it.

    Parameters
    ----------
    path : Path
        What was handed over.
    key : bytes, optional
        The public key (raw) that is known to be the authority's. Without it the package's own
        key is used, and its fingerprint must be compared with the one made public.

    """
    report = Report()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            _verify(_Zip(package), report, key, is_package=True)
    elif path.suffix in (".zip", ".ZIP"):
        report.note(path.name, "this is no package: it cannot be opened")
    else:
        folder = _Folder(path.parent)
        if _verify(folder, report, key, is_package=False) and path.name not in _named(report):
            report.note(path.name, "the manifest beside it does not name this file")
    return report


def _verify(files: _Files, report: Report, key: bytes | None, *, is_package: bool) -> bool:
    public = _key(files, report, KEY)
    vouching = _key(files, report, PACKAGE_KEY) if is_package else public
    if not is_package:
        public = vouching = public or key
    if public is None or vouching is None:
        report.note(KEY, "there is no public key: give the authority's with --key")
        return False
    if key is not None and key not in (public, vouching):
        report.note(KEY, "this is not the key that was given")
    report.key_id, report.fingerprint = keys.name_of(vouching), keys.fingerprint_of(vouching)
    if is_package:
        _check_package(files, report, vouching)
    manifest = _check_manifest(files, report, public)
    if manifest is None:
        return False
    for part in manifest.get("parts", []):
        _check_file(files, report, str(part["file"]), part.get("sha256"))
    sketch = manifest.get("sketch_sha256")
    if sketch is not None and SKETCH in files.names():
        _check_file(files, report, SKETCH, sketch)
    if is_package:
        _check_register(files, report)
    return True


def _key(files: _Files, report: Report, name: str) -> bytes | None:
    """Return the public key in a file, None where there is none that can be read."""
    own = files.text(name)
    if own is None:
        return None
    try:
        return keys.public_of(own)
    except ValueError:
        report.note(name, "this is no public key")
        return None


def _check_package(files: _Files, report: Report, public: bytes) -> None:
    """Check the list of all files: what was added, removed or altered on the way."""
    text, signature = files.text(PACKAGE), _signature(files, PACKAGE_SIGNATURE)
    if text is None or signature is None:
        report.note(PACKAGE, "the package's list of files or its signature is missing")
        return
    if not keys.is_signed(text, signature, public):
        report.note(PACKAGE, "the list of files or its signature was altered: they do not match")
        return
    report.note(PACKAGE)
    listed = json.loads(text)["files"]
    own = (PACKAGE, PACKAGE_SIGNATURE)
    for name in sorted(set(files.names()) - set(listed) - set(own)):
        report.note(name, "this file does not belong to the package")
    for name, digest in sorted(listed.items()):
        if files.digest(name) != digest:
            report.note(name, "the file was altered or is missing: its SHA-256 is another one")


def _check_manifest(files: _Files, report: Report, public: bytes) -> Mapping[str, Any] | None:
    text = files.text(MANIFEST)
    if text is None:
        report.note(MANIFEST, "there is no manifest")
        return None
    signature = _signature(files, SIGNATURE)
    if signature is None:
        report.note(SIGNATURE, "the signature of the manifest is missing or unreadable")
        return None
    if not keys.is_signed(text, signature, public):
        report.note(MANIFEST, "manifest or signature was altered: they do not match")
        return None
    manifest: dict[str, Any] = json.loads(text)
    report.manifest = manifest
    if manifest.get("key") != keys.name_of(public):
        report.note(MANIFEST, "the manifest names another key")
        return None
    report.note(MANIFEST)
    return manifest


def _check_file(files: _Files, report: Report, name: str, digest: str | None) -> None:
    found = files.digest(name)
    if found is None:
        report.note(name, "the file is missing or cannot be read")
    elif found != digest:
        report.note(name, "the file was altered: its SHA-256 is not the manifest's")
    else:
        report.note(name)


def _check_register(files: _Files, report: Report) -> None:
    """Check the entry of the register made at the sealing: its own hash, and what it says."""
    text = files.text(REGISTER)
    try:
        entry = json.loads(text or b"")["entry"]
        content = str(entry["content"])
        found = hashlib.sha256(bytes.fromhex(entry["previous_hash"]) + content.encode())
        says = json.loads(content)["detail"]["manifest_sha256"]
    except (ValueError, KeyError, TypeError):
        report.note(REGISTER, "the extract of the register cannot be read")
        return
    if found.hexdigest() != entry["hash"]:
        report.note(REGISTER, "the register's entry was altered: its hash does not match")
    elif says != files.digest(MANIFEST):
        report.note(REGISTER, "the register's entry is about another manifest")
    else:
        report.note(REGISTER)


def _signature(files: _Files, name: str) -> bytes | None:
    """Return a signature, written in hexadecimal; anything else in the file makes it unreadable."""
    text = files.text(name) or b""
    if not re.fullmatch(rb"[0-9a-f]{128}", text):
        return None
    return bytes.fromhex(text.decode())


def _named(report: Report) -> set[str]:
    parts = report.manifest["parts"] if report.manifest else []
    return {str(part["file"]) for part in parts} | {MANIFEST}


class _Zip:
    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package

    def names(self) -> list[str]:
        return self._package.namelist()[:_MOST_FILES]

    def text(self, name: str) -> bytes | None:
        try:
            info = self._package.getinfo(name)
            return self._package.read(info) if info.file_size <= _LARGEST_TEXT else None
        except (KeyError, zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return None

    def digest(self, name: str) -> str | None:
        found = hashlib.sha256()
        try:
            with self._package.open(name) as file:
                for piece in _pieces(file):
                    found.update(piece)
        except (KeyError, zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return None
        return found.hexdigest()


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir() if path.is_file()]

    def text(self, name: str) -> bytes | None:
        path = self._folder / name
        if not path.is_file() or path.stat().st_size > _LARGEST_TEXT:
            return None
        return path.read_bytes()

    def digest(self, name: str) -> str | None:
        path = self._folder / Path(name).name
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece
