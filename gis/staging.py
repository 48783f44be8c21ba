"""A path from outside -> files laid out in a private folder, checked before any reader sees them.

Takes a shapefile beside its parts, a folder or zip of shapefiles, GeoPackage, GeoJSON, CSV, XLSX.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gis import archive, shapefile
from gis.archive import ArchiveLimits, Member
from gis.encodings import choose_encoding
from gis.faults import FileRefused, Note
from gis.reading import Source
from gis.tables import table_path_kind

_SQLITE = b"SQLite format 3\x00"
_JSON_SUFFIXES = (".geojson", ".json")
_SHAPEFILE_SUFFIXES = (".shp", ".dbf", ".shx", ".prj", ".cpg")
_LONGEST_CPG = 64
KNOWN = ".shp .zip .gpkg .geojson .json .csv .xlsx"


@dataclass(frozen=True, slots=True)
class StagingLimits:
    """What a file may hold before it is read."""

    archive: ArchiveLimits = dataclasses.field(default_factory=ArchiveLimits)
    parts: int = 10_000
    features: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A file ready for reading, and what was noticed on the way."""

    source: Source
    notes: tuple[Note, ...] = ()


def stage(path: Path, folder: Path, wish: Source, limits: StagingLimits) -> Staged:
    """Lay the file at `path` out in `folder`.

    Parameters
    ----------
    path : Path
        The file, or a folder holding one shapefile.
    folder : Path
        Private and empty.
    wish : Source
        The user's layer and encoding; its path and kind are filled in here.
    limits : StagingLimits
        Sizes and counts allowed.

    Raises
    ------
    FileRefused
        ``file.missing``, ``file.kind``, ``file.too_large``, ``layer.choose``, ``layer.unknown``,
        and those of `gis.archive` and `gis.shapefile`.

    """
    if path.is_dir():
        return _stage_folder(path, folder, wish, limits)
    if not path.is_file():
        raise FileRefused("file.missing", path=path.name)
    suffix = path.suffix.lower()
    if suffix in _SHAPEFILE_SUFFIXES:
        return _stage_shapefile(shapefile.parts_beside(path), folder, wish, limits)
    if path.stat().st_size > limits.archive.total_bytes:
        found = path.stat().st_size
        raise FileRefused("file.too_large", found=found, limit=limits.archive.total_bytes)
    if suffix == ".xlsx":
        archive.inspect(path, limits.archive, nested=True)
    elif archive.is_zip(path):
        return _stage_zip(path, folder, wish, limits)
    return _stage_single(path, folder, wish, limits)


def _stage_single(path: Path, folder: Path, wish: Source, limits: StagingLimits) -> Staged:
    suffix = path.suffix.lower()
    kind = table_path_kind(path)
    with path.open("rb") as stream:
        head = stream.read(64)
    if suffix == ".gpkg" and head.startswith(_SQLITE):
        kind = "gpkg"
    elif suffix in _JSON_SUFFIXES:
        kind = "geojson"
    if kind is None:
        raise FileRefused("file.kind", path=path.name, known=KNOWN)
    target = folder / f"layer.{kind}"
    notes: tuple[Note, ...] = ()
    if kind == "geojson":
        notes = _as_utf8(path, target, wish.encoding)
    else:
        target.symlink_to(path.resolve())
    source = dataclasses.replace(wish, path=target, kind=kind, features_limit=limits.features)
    return Staged(source, notes)


def _as_utf8(path: Path, target: Path, encoding: str | None) -> tuple[Note, ...]:
    """JSON is UTF-8 by its standard; where it is not, a copy is made that is."""
    raw = path.read_bytes()
    found = choose_encoding(raw.splitlines(), option=encoding)
    if not raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise FileRefused("file.unreadable", reason="no JSON object")
    if found.name == "utf-8":
        target.symlink_to(path.resolve())
        return ()
    try:
        target.write_text(raw.decode(found.name), encoding="utf-8")
    except UnicodeDecodeError as cut:
        raise FileRefused("encoding.wrong", encoding=found.name) from cut
    return (*found.notes, Note("encoding.json", detail={"encoding": found.name}))


def _stage_shapefile(
    parts: Mapping[str, Path], folder: Path, wish: Source, limits: StagingLimits
) -> Staged:
    shp = shapefile.lay_out(parts, folder, total_bytes=limits.archive.total_bytes)
    count = shapefile.check_records(shp, parts_limit=limits.parts, features_limit=limits.features)
    if ".dbf" in parts:
        shapefile.check_table(shp.with_suffix(".dbf"), count)
    notes = tuple(Note(f"shapefile.no_{s[1:]}") for s in (".dbf", ".shx") if s not in parts)
    cpg = None
    if ".cpg" in parts:
        with parts[".cpg"].open("rb") as stream:
            cpg = stream.read(_LONGEST_CPG).decode("ascii", errors="ignore").strip() or None
    source = dataclasses.replace(
        wish, path=shp, kind="shp", cpg=cpg, features_limit=limits.features
    )
    return Staged(source, notes)


def _stage_folder(path: Path, folder: Path, wish: Source, limits: StagingLimits) -> Staged:
    layers = {item.stem: item for item in path.iterdir() if item.suffix.lower() == ".shp"}
    if not layers:
        raise FileRefused("file.kind", path=path.name, known=KNOWN)
    chosen = layers[_choose(list(layers), wish.layer)]
    return _stage_shapefile(shapefile.parts_beside(chosen), folder, wish, limits)


def _stage_zip(path: Path, folder: Path, wish: Source, limits: StagingLimits) -> Staged:
    members = archive.inspect(path, limits.archive)
    layers = _layers(list(archive.layers_of(members)))
    if not layers:
        raise FileRefused("archive.no_layer", path=path.name, known=KNOWN)
    chosen = layers[_choose(list(layers), wish.layer)]
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    if chosen.path.suffix.lower() != ".shp":
        target = unpacked / f"member{chosen.path.suffix.lower()}"
        archive.extract(path, [(chosen, target)], limits.archive)
        return _stage_single(target, folder, wish, limits)
    parts = _parts_in(members, chosen)
    targets = {suffix: unpacked / f"member{suffix}" for suffix in parts}
    archive.extract(path, [(parts[s], targets[s]) for s in parts], limits.archive)
    return _stage_shapefile(targets, folder, wish, limits)


def _parts_in(members: list[Member], chosen: Member) -> dict[str, Member]:
    stem = str(chosen.path.with_suffix("")).lower()
    return {
        member.path.suffix.lower(): member
        for member in members
        if str(member.path.with_suffix("")).lower() == stem
        and member.path.suffix.lower() in _SHAPEFILE_SUFFIXES
    }


def _layers(members: list[Member]) -> dict[str, Member]:
    """Layers by their names; those that share a name by their paths: none stands for another."""
    stems = Counter(member.path.stem for member in members)
    return {str(m.path) if stems[m.path.stem] > 1 else m.path.stem: m for m in members}


def _choose(names: list[str], wished: str | None) -> str:
    if wished is None and len(names) == 1:
        return names[0]
    if wished is None:
        raise FileRefused("layer.choose", known=", ".join(sorted(names)))
    if wished not in names:
        raise FileRefused("layer.unknown", layer=wished, known=", ".join(sorted(names)))
    return wished
