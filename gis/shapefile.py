"""The parts of a shapefile: found beside each other, checked by their own headers, laid out anew.

The reader sees a private folder with `layer.shp`, `layer.dbf` and so on, so neither the names nor
the neighbours of a file from outside ever reach it.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from gis.faults import FileRefused

_MAGIC = 9994
#: What is laid out for the reader; .cpg is read by us, for they lie.
_PARTS = (".shp", ".shx", ".dbf", ".prj")
_POLY_TYPES = (3, 5, 13, 15, 23, 25)
_TEXT_ROWS = 20_000


def parts_beside(path: Path) -> dict[str, Path]:
    """Parts of the shapefile at `path` by lower-case suffix, whatever case their names have."""
    stem = path.stem.lower()
    beside = (item for item in path.parent.iterdir() if item.stem.lower() == stem)
    return {item.suffix.lower(): item for item in beside if item.is_file()}


def lay_out(parts: Mapping[str, Path], folder: Path, *, total_bytes: int) -> Path:
    """Link the parts into `folder` as layer.*, and return the layer.shp.

    Raises
    ------
    FileRefused
        ``file.too_large``, or ``shapefile.broken`` when there is no .shp.

    """
    if ".shp" not in parts:
        raise FileRefused("shapefile.broken", reason="no .shp")
    for suffix in _PARTS:
        if suffix in parts:
            source = parts[suffix].resolve()
            if not stat.S_ISREG(source.stat().st_mode):
                raise FileRefused("shapefile.broken", reason=f"{suffix} is no file")
            os.symlink(source, folder / f"layer{suffix}")
    size = sum(parts[suffix].stat().st_size for suffix in _PARTS if suffix in parts)
    if size > total_bytes:
        raise FileRefused("file.too_large", found=size, limit=total_bytes)
    return folder / "layer.shp"


def check_records(shp: Path, *, parts_limit: int, features_limit: int) -> int:
    """Number of records in a .shp, judged by record headers alone.

    A polygon of 10^5 rings costs the reader a quadratic sort into shells and holes, so such a file
    is refused before it is read.

    Raises
    ------
    FileRefused
        ``shapefile.broken``, ``geometry.too_many_parts``, ``file.too_many_features``.

    """
    count = 0
    size = shp.stat().st_size
    with shp.open("rb") as stream:
        head = stream.read(100)
        if len(head) < 100 or struct.unpack(">i", head[:4])[0] != _MAGIC:
            raise FileRefused("shapefile.broken", reason="no .shp header")
        for parts in _parts_of_records(stream.fileno(), size):
            count += 1
            if parts > parts_limit:
                raise FileRefused(
                    "geometry.too_many_parts", row=count, found=parts, limit=parts_limit
                )
            if count > features_limit:
                raise FileRefused("file.too_many_features", found=count, limit=features_limit)
    return count


def check_table(dbf: Path, count: int) -> None:
    """Judge a .dbf by its header: a reader takes a broken one for a table without columns.

    Parameters
    ----------
    dbf : Path
        The table.
    count : int
        Number of records in the .shp; more rows than shapes are rows without a shape.

    Raises
    ------
    FileRefused
        ``shapefile.broken`` when the table is cut, no .dbf, or too short for its shapes.

    """
    size = dbf.stat().st_size
    with dbf.open("rb") as stream:
        head = stream.read(32)
    if len(head) < 32:
        raise FileRefused("shapefile.broken", reason="no .dbf header")
    rows, header_bytes, row_bytes = struct.unpack("<IHH", head[4:12])
    whole = header_bytes + rows * row_bytes
    # Some writers leave out the end mark; a byte is none of a row.
    if header_bytes < 33 or row_bytes < 1 or size + 1 < whole:
        raise FileRefused("shapefile.broken", reason=f".dbf: {size} of {whole} bytes")
    if rows < count:
        raise FileRefused("shapefile.broken", reason=f".shp {count} > .dbf {rows}")


def table_texts(dbf: Path, is_closed: Callable[[bytes], bool]) -> tuple[set[bytes], set[bytes]]:
    """Texts of a .dbf as stored, names of its columns among them.

    Parameters
    ----------
    dbf : Path
        Judged by `check_table` before.
    is_closed : callable
        True for the name of a column whose texts must not be shown.

    Returns
    -------
    every, shown : set of bytes
        All texts of the first rows; those of columns that may be shown.

    """
    with dbf.open("rb") as stream:
        head = stream.read(32)
        rows, header_bytes, row_bytes = struct.unpack("<IHH", head[4:12])
        fields = stream.read(max(0, header_bytes - 32))
        body = stream.read(min(rows, _TEXT_ROWS) * row_bytes)
    every: set[bytes] = set()
    shown: set[bytes] = set()
    at = 1  # the first byte of a row says whether it is deleted
    for start in range(0, len(fields) - 31, 32):
        if fields[start] == 0x0D:
            break
        name = fields[start : start + 11].split(b"\0")[0]
        kind, width = fields[start + 11 : start + 12], fields[start + 16]
        texts = {name}
        if kind == b"C":
            cells = (body[row + at : row + at + width] for row in range(0, len(body), row_bytes))
            texts |= {cell.strip(b" \0") for cell in cells} - {b""}
        every |= texts
        shown |= set() if is_closed(name) else texts
        at += width
    return every, shown


def _parts_of_records(descriptor: int, size: int) -> Iterable[int]:
    at = 100
    while at + 12 <= size:
        head = os.pread(descriptor, 48, at)
        words = struct.unpack(">i", head[4:8])[0]
        if words < 2:
            return
        shape_type = struct.unpack("<i", head[8:12])[0]
        is_poly = shape_type in _POLY_TYPES and len(head) == 48
        yield struct.unpack("<i", head[44:48])[0] if is_poly else 1
        at += 8 + 2 * words
