"""Archives from outside, judged by their directory before anything is unpacked or read.

Only the zip's own lists are read until every limit is met; then its members are written, one by
one and counted, into a private folder under names of our own making.
"""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gis.faults import FileRefused

_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_BLOCK = 1 << 20
#: What may itself hold members: never opened inside an archive.
_ARCHIVES = {".zip", ".kmz", ".xlsx", ".jar", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
#: Directory bytes allowed per entry: a name, and no more than a name.
_DIRECTORY_BYTES = 1024
_ALIVE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold."""

    total_bytes: int = 1 << 30
    ratio: float = 100.0
    entries: int = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its decoded path and the entry that holds it."""

    path: PurePosixPath
    entry: zipfile.ZipInfo


def is_zip(path: Path) -> bool:
    """True if the file starts as a zip does."""
    with path.open("rb") as stream:
        return stream.read(4) in (b"PK\x03\x04", _END)


def inspect(path: Path, limits: ArchiveLimits, *, nested: bool = False) -> list[Member]:
    """Members of the zip at `path` that an import may read; nothing is unpacked.

    Parameters
    ----------
    path : Path
        A zip file, untrusted.
    limits : ArchiveLimits
        Total size, compression ratio and number of entries allowed.
    nested : bool
        True to let members be archives by name, which a workbook's own parts are.

    Raises
    ------
    FileRefused
        ``archive.entries``, ``archive.size``, ``archive.ratio``, ``archive.path``,
        ``archive.symlink``, ``archive.encrypted``, ``archive.nested``, ``archive.broken``.

    """
    declared = _declared_entries(path)
    if declared > limits.entries:
        raise FileRefused("archive.entries", found=declared, limit=limits.entries)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error) as broken:
        raise FileRefused("archive.broken", reason=str(broken)[:200]) from broken
    if len(entries) > limits.entries:
        raise FileRefused("archive.entries", found=len(entries), limit=limits.entries)
    _check_sizes(entries, limits)
    members = [Member(_safe_path(entry), entry) for entry in entries if not entry.is_dir()]
    for member in members:
        _check_member(member, nested=nested)
    return [member for member in members if not _is_clutter(member.path)]


def extract(path: Path, members: list[tuple[Member, Path]], limits: ArchiveLimits) -> None:
    """Write each member to its target; stop when more comes out than the directory promised.

    Raises
    ------
    FileRefused
        ``archive.size`` if a member is longer than declared, ``archive.broken`` if it is damaged.

    """
    left = limits.total_bytes
    with zipfile.ZipFile(path) as archive:
        for member, target in members:
            try:
                left -= _write(archive, member, target, left)
            except (zipfile.BadZipFile, EOFError, OSError, ValueError) as broken:
                if isinstance(broken, FileRefused):
                    raise
                reason = f"{member.path}: {broken}"[:200]
                raise FileRefused("archive.broken", reason=reason) from broken


def _write(archive: zipfile.ZipFile, member: Member, target: Path, allowed: int) -> int:
    written = 0
    with archive.open(member.entry) as source, target.open("xb") as sink:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > min(allowed, member.entry.file_size):
                raise FileRefused("archive.size", found=written, limit=member.entry.file_size)
            sink.write(block)
    return written


def _declared_entries(path: Path) -> int:
    """Entries by the end record, read without building the directory: 10^5 entries cost nothing."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 66_000))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 16:
        raise FileRefused("archive.broken", reason="no end record")
    count, directory_bytes = struct.unpack("<HI", tail[at + 10 : at + 16])
    # A count that lies is found by the directory's size, before any entry is built.
    count = max(int(count), int(directory_bytes) // _DIRECTORY_BYTES)
    large = tail.rfind(_END64)
    if large >= 0 and len(tail) >= large + 40:
        count = max(count, int(struct.unpack("<Q", tail[large + 32 : large + 40])[0]))
    return count


def _check_sizes(entries: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        raise FileRefused("archive.size", found=total, limit=limits.total_bytes)
    packed = sum(entry.compress_size for entry in entries)
    # A few kilobytes of spaces compress a thousandfold and harm nobody.
    if total > _BLOCK and total > limits.ratio * max(packed, 1):
        ratio = round(total / max(packed, 1))
        raise FileRefused("archive.ratio", found=ratio, limit=round(limits.ratio))


def _check_member(member: Member, *, nested: bool) -> None:
    entry = member.entry
    name = str(member.path)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise FileRefused("archive.symlink", name=name)
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise FileRefused("archive.encrypted", name=name)
    if entry.compress_type not in _ALIVE:
        raise FileRefused("archive.broken", reason=f"{name}: compression {entry.compress_type}")
    if not nested and member.path.suffix.lower() in _ARCHIVES:
        raise FileRefused("archive.nested", name=name)


def _safe_path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """The member's path with its name decoded; refused if it leads anywhere but down."""
    name = _decoded_name(entry).replace("\\", "/")
    path = PurePosixPath(name)
    drive = len(name) > 1 and name[1] == ":"
    if path.is_absolute() or drive or ".." in path.parts or any(ord(sign) < 32 for sign in name):
        raise FileRefused("archive.path", name=name[:120])
    return path


def _decoded_name(entry: zipfile.ZipInfo) -> str:
    """Chinese archivers write GBK names and no flag; zipfile then reads them as code page 437."""
    # `filename` ends at a NUL byte and `orig_filename` does not: judge what was really written.
    raw = entry.orig_filename
    if entry.flag_bits & _UTF8_FLAG:
        return raw
    try:
        packed = raw.encode("cp437")
    except UnicodeEncodeError:
        return raw
    for encoding in ("utf-8", "gb18030"):
        try:
            return packed.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw


def _is_clutter(path: PurePosixPath) -> bool:
    return "__MACOSX" in path.parts or path.name.startswith("._") or path.name == ".DS_Store"


def layers_of(members: list[Member]) -> Iterator[Member]:
    """The members that name a layer: one .shp, .gpkg, .geojson, .json, .csv each."""
    for member in members:
        if member.path.suffix.lower() in (".shp", ".gpkg", ".geojson", ".json", ".csv"):
            yield member
