"""Reading what nobody vouches for in a process with limits, which may die alone.

The parent checks archives and lays the files out; the child alone runs GDAL and GEOS on them. It
answers with arrays and JSON only, never with pickles: whoever takes the child over gains nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import shapely

from gis.columns import Match, Matching
from gis.encodings import Encoding
from gis.faults import FileRefused, Note, RowFault
from gis.intake import Intake, Order, Progress
from gis.lookfile import read_look
from gis.looking import FileLook
from gis.reading import Source
from gis.shapes import MendedRow

#: Drivers that stay: everything else, above all what reaches the network, is never registered.
DRIVERS = ("ESRI Shapefile", "GPKG", "GeoJSON")
_SKIPPED = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRIJSON,"
    "Elasticsearch,FlatGeobuf,GDALG,GML,GPSBabel,GPX,GTFS,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,"
    "JSONFG,KML,LIBKML,LVBAG,MBTiles,MEM,MVT,MapInfo File,MapML,MiraMonVector,NGW,OAPIF,ODS,"
    "OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,OSM,OpenFileGDB,PCIDSK,PDF,PDS4,PGDUMP,PLSCENES,PMTiles,S57,"
    "SQLite,SXF,Selafin,TopoJSON,VDV,VFK,VICAR,WAsP,WFS,XLSX"
)
_LARGEST_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What the reading process may use before it is killed."""

    memory_bytes: int = 4 << 30
    time_s: float = 600.0


def take_in_contained(
    order: Order, folder: Path, limits: ChildLimits, on_progress: Progress | None = None
) -> Intake:
    """`gis.intake.take_in` in a process of its own.

    Parameters
    ----------
    order : Order
        What to read; files laid out in `folder` or beside it.
    folder : Path
        Private folder for the answer, removed by the caller.
    limits : ChildLimits
        Memory and time.
    on_progress : callable, optional
        Told stages as they pass.

    Raises
    ------
    FileRefused
        What `take_in` raises, and ``file.too_costly`` when the child ran out of time or memory or
        died on the file.

    """
    request = {"order": asdict(order)}
    answer = _ask(request, folder, limits, on_progress)
    return _intake(answer, folder)


def look_contained(
    source: Source, overrides: Mapping[str, str], folder: Path, limits: ChildLimits
) -> FileLook:
    """`gis.looking.look_at` in a process of its own.

    Parameters
    ----------
    source : Source
        Laid out in `folder` or beside it.
    overrides : mapping of str to str
        Columns of a table that hold lon, lat or wkt.
    folder : Path
        Private folder for the answer, removed by the caller.
    limits : ChildLimits
        Memory and time.

    Raises
    ------
    FileRefused
        What `look_at` raises, and ``file.too_costly``.

    """
    _ask({"look": asdict(source), "overrides": dict(overrides)}, folder, limits, None)
    return read_look(folder)


def _ask(
    request: dict[str, Any], folder: Path, limits: ChildLimits, on_progress: Progress | None
) -> dict[str, Any]:
    told = json.dumps({**request, "memory_bytes": limits.memory_bytes}, default=str)
    child = subprocess.Popen(  # noqa: S603  our own module, no shell
        [
            sys.executable,
            "-I",
            "-c",
            _START.format(root=str(_ROOT)),
            str(folder),
            str(limits.time_s),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(folder),
        cwd=folder,
        start_new_session=True,  # so that what it forks dies with it
    )
    try:
        return _converse(child, told, limits, on_progress)
    finally:
        _end(child)


_ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, {root!r}); from gis.sandboxed import main; main()"


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GDAL_SKIP": _SKIPPED,
        "OGR_SKIP": _SKIPPED,
        "SHAPE_RESTORE_SHX": "YES",  # a missing .shx is rebuilt, in the private folder
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
        "PROJ_NETWORK": "OFF",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _converse(
    child: subprocess.Popen[bytes], request: str, limits: ChildLimits, tell: Progress | None
) -> dict[str, Any]:
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child was started without pipes")
    try:
        child.stdin.write(request.encode())
        child.stdin.close()
    except BrokenPipeError:
        raise FileRefused("file.too_costly", reason="start") from None
    for line in _lines(child.stdout, time.monotonic() + limits.time_s):
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise FileRefused(answer["refused"], **answer["detail"])
        if "taken" in answer:
            return answer
        if tell is not None:
            tell(answer["stage"], answer["done"], answer["total"])
    raise FileRefused("file.too_costly", limit_s=round(limits.time_s))


def _lines(stream: IO[bytes], deadline: float) -> Iterator[bytes]:
    """Lines of the child until it closes its end, the deadline passes, or a line has no end."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and len(pending) < _LARGEST_LINE:
            if not selector.select(left):
                return
            block = os.read(stream.fileno(), _LARGEST_LINE)
            if not block:
                return
            *whole, pending = (pending + block).split(b"\n")
            yield from whole


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _intake(answer: dict[str, Any], folder: Path) -> Intake:
    """The child's files as values; whatever does not fit together is refused."""
    try:
        with (folder / "table.json").open(encoding="utf-8") as stream:
            table = json.load(stream)
        shapes = _shapes(folder, int(answer["taken"]))
        matching = table["matching"]
        return Intake(
            shapes=shapes,
            columns=table["columns"],
            faults=tuple(RowFault(**fault) for fault in table["faults"]),
            mended=tuple(MendedRow(**row) for row in table["mended"]),
            notes=tuple(Note(**note) for note in table["notes"]),
            matching=Matching(
                tuple(Match(**match) for match in matching["matched"]),
                tuple((str(name), str(why)) for name, why in matching["personal"]),
                tuple(matching["ignored"]),
            ),
            encoding=Encoding(**{**table["encoding"], "notes": ()}),
            crs=str(table["crs"]),
            datum=str(table["datum"]),
            datum_how=str(table["datum_how"]),
            numbers=_numbers(table["numbers"], len(shapes)),
        )
    except (OSError, ValueError, KeyError, TypeError, shapely.GEOSException) as broken:
        if isinstance(broken, FileRefused):
            raise
        raise FileRefused("file.too_costly", reason=type(broken).__name__) from broken


def _numbers(given: list[Any], count: int) -> tuple[int, ...]:
    if len(given) not in (0, count):
        raise FileRefused("file.too_costly", reason="answer")
    return tuple(int(number) for number in given)


def _shapes(folder: Path, count: int) -> Any:
    lengths = np.load(folder / "lengths.npy", allow_pickle=False)
    flat = (folder / "shapes.wkb").read_bytes()
    ends = np.cumsum(lengths)
    if len(lengths) != count or (count and int(ends[-1]) != len(flat)):
        raise FileRefused("file.too_costly", reason="answer")
    wkb = np.full(count, None, dtype=object)
    for index, (length, end) in enumerate(zip(lengths.tolist(), ends.tolist(), strict=True)):
        if length:
            wkb[index] = flat[end - length : end]
    return np.asarray(shapely.from_wkb(wkb), dtype=object)
