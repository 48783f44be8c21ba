"""F6 and F7: hostile archives and geometry bombs get a verdict, quickly, and touch nothing else."""

import io
import json
import math
import os
import resource
import stat
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from gis.columns import Field
from gis.faults import FileRefused
from gis.intake import Intake, Order
from gis.reading import Source
from gis.sandbox import DRIVERS, ChildLimits, _environment, take_in_contained
from gis.staging import StagingLimits, stage

pytestmark = pytest.mark.fault

F6_S, F6_BYTES = 1.0, 200 << 20
F7_S = 2.0
START_S = 3.0
"""What starting the reading process may take on a busy machine; the verdict itself has 2 s."""


def _stage(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    stage(path, folder, Source(folder, ""), StagingLimits())


def _refused(path: Path, tmp_path: Path) -> str:
    began = time.process_time()
    with pytest.raises(FileRefused) as refused:
        _stage(path, tmp_path)
    assert time.process_time() - began < F6_S
    assert not any((tmp_path / "private").rglob("*.dbf"))
    return refused.value.code


def _zip(path: Path, members: dict[str, bytes], **info: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = info.get("mode", stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return path


def _by_hand(
    path: Path, members: list[tuple[bytes, bytes, int]], *, says: int | None = None
) -> Path:
    """A zip of (name, deflated bytes, size unpacked) written field by field, without its checks."""
    body, directory = bytearray(), bytearray()
    for name, packed, size in members:
        sizes = struct.pack("<HHIIIHH", 0, 0, 0, len(packed), size, len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<HHHH", 20, 20, 0, 8) + sizes
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\x03\x04" + struct.pack("<HHH", 20, 0, 8) + sizes + name + packed
    count = (len(members) if says is None else says) & 0xFFFF
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    path.write_bytes(bytes(body + directory) + b"PK\x05\x06" + end)
    return path


def _zeros(blocks: int) -> bytes:
    """Deflated zeros, 4 MB a block: after a full flush every block packs to the same bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first, again = (
        packer.compress(bytes(4 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + again * (blocks - 1) + packer.flush()


def test_three_gigabytes_in_three_megabytes_are_refused_unread(tmp_path: Path) -> None:
    bomb = _by_hand(tmp_path / "bomb.zip", [(b"a.shp", b"", 0), (b"a.dbf", _zeros(768), 3 << 30)])
    assert bomb.stat().st_size < 4 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _refused(bomb, tmp_path) in ("archive.ratio", "archive.size")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < F6_BYTES


def test_a_directory_that_lies_about_sizes_is_found_while_unpacking(tmp_path: Path) -> None:
    # The directory says 1,000 bytes; the stream holds 50 MB.
    honest = _zip(tmp_path / "lie.zip", {"a.shp": b"x" * 1000, "a.dbf": bytes(50 << 20)})
    raw = bytearray(honest.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = raw.rfind(signature)
        raw[at + offset : at + offset + 4] = struct.pack("<I", 1000)
    honest.write_bytes(raw)
    assert _refused_while_unpacking(honest, tmp_path) in ("archive.size", "archive.broken")


def _refused_while_unpacking(path: Path, tmp_path: Path) -> str:
    with pytest.raises(FileRefused) as refused:
        _stage(path, tmp_path)
    written = sum(f.stat().st_size for f in (tmp_path / "private").rglob("*") if f.is_file())
    assert written < 2 << 20
    return refused.value.code


@pytest.mark.parametrize("says", [None, 3])
def test_a_hundred_thousand_entries_are_refused_unread(says: int | None, tmp_path: Path) -> None:
    members = [(b"%d.shp" % number, b"", 0) for number in range(100_000)]
    path = _by_hand(tmp_path / "many.zip", members, says=says)
    assert _refused(path, tmp_path) == "archive.entries"


@pytest.mark.parametrize(
    "name", ["../../escape.shp", "/etc/escape.shp", "a/../../b.shp", "C:\\x.shp", "..\\x.shp"]
)
def test_paths_that_lead_out_are_refused(name: str, tmp_path: Path) -> None:
    path = _zip(tmp_path / "slip.zip", {name: b"x"})
    assert _refused(path, tmp_path) == "archive.path"
    assert not list(tmp_path.parent.glob("escape*"))


def test_symbolic_links_nested_and_encrypted_archives_are_refused(tmp_path: Path) -> None:
    link = _zip(tmp_path / "link.zip", {"a.shp": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    inner = _zip(tmp_path / "inner.zip", {"a.shp": b"x"})
    nested = _zip(tmp_path / "nested.zip", {"inner.zip": inner.read_bytes(), "a.shp": b"x"})
    locked = _zip(tmp_path / "locked.zip", {"a.shp": b"x"})
    raw = bytearray(locked.read_bytes())
    raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(raw)
    found = []
    for number, path in enumerate((link, nested, locked)):
        own = tmp_path / str(number)
        own.mkdir()
        found.append(_refused(path, own))
    assert found == ["archive.symlink", "archive.nested", "archive.encrypted"]


def test_names_in_gbk_are_read(tmp_path: Path) -> None:
    square = shapely.box(110, 34, 110.1, 34.1)
    _write(tmp_path / "plain.shp", [square])
    path = tmp_path / "gbk.zip"
    parts = {f"QQQQ{s}": (tmp_path / f"plain{s}").read_bytes() for s in (".shp", ".shx", ".dbf")}
    # Four bytes for four: zipfile itself would mark the name as UTF-8.
    path.write_bytes(_zip(path, parts).read_bytes().replace(b"QQQQ", "区县".encode("gbk")))
    folder = tmp_path / "private"
    folder.mkdir()
    staged = stage(path, folder, Source(folder, "", layer="区县"), StagingLimits())
    assert staged.source.kind == "shp"


def test_a_prj_that_names_another_system_is_refused(tmp_path: Path) -> None:
    squares = [shapely.box(110 + k, 34, 110.1 + k, 34.1) for k in range(8)]
    _write(tmp_path / "wrong.shp", squares, crs="EPSG:4545")
    with pytest.raises(FileRefused) as refused:
        _take(tmp_path / "wrong.shp", tmp_path)
    assert refused.value.code == "crs.mismatch"


def _write(path: Path, shapes: list[shapely.Geometry], crs: str = "EPSG:4326") -> None:
    wkb = shapely.to_wkb(np.array(shapes, dtype=object))
    names = np.array([str(k) for k in range(len(shapes))], dtype=object)
    driver = "GPKG" if path.suffix == ".gpkg" else "ESRI Shapefile"
    pyogrio.raw.write(path, wkb, [names], ["name"], geometry_type="Polygon", crs=crs, driver=driver)


def _take(path: Path, tmp_path: Path, limits: ChildLimits | None = None) -> Intake:
    folder = tmp_path / "private"
    folder.mkdir()
    staged = stage(path, folder, Source(folder, ""), StagingLimits())
    order = Order(staged.source, "polygon", (Field("name", ()),))
    return take_in_contained(order, folder, limits or ChildLimits())


def _star(points: int) -> shapely.Polygon:
    step = points // 2 - 1
    turns = (2 * math.pi * step * k / points for k in range(points))
    return shapely.Polygon([(110 + 0.01 * math.cos(t), 34 + 0.01 * math.sin(t)) for t in turns])


def _ring(points: int) -> shapely.Polygon:
    turns = np.linspace(0, 2 * math.pi, points, endpoint=False)
    return shapely.Polygon(np.column_stack([110 + np.cos(turns), 34 + np.sin(turns)]))


def _holes(count: int) -> shapely.Polygon:
    side = math.isqrt(count) + 1
    corners = [(110 + k % side / side, 34 + k // side / side) for k in range(count)]
    size = 0.3 / side
    holes = [[(x, y), (x + size, y), (x + size, y + size), (x, y + size)] for x, y in corners]
    return shapely.Polygon(shapely.box(109.9, 33.9, 111.1, 35.1).exterior, holes)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        pytest.param(lambda: _star(500), "geometry.", id="500-vertex-star"),
        pytest.param(lambda: _star(2000), "geometry.tangled", id="2000-vertex-star"),
        pytest.param(lambda: _ring(1_000_000), "geometry.too_many_vertices", id="million"),
        pytest.param(lambda: _holes(100_000), "geometry.too_many_vertices", id="holes"),
        pytest.param(
            lambda: shapely.Polygon([(179, 0), (-179, 1), (-179, 0), (179, 1)]),
            "geometry.antimeridian",
            id="bow-tie-at-the-antimeridian",
        ),
    ],
)
def test_geometry_bombs_get_their_verdict(
    shape: Callable[[], shapely.Polygon], code: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.gpkg"
    _write(path, [shape(), shapely.box(110, 34, 110.1, 34.1)])
    began = time.monotonic()
    intake = _take(path, tmp_path)
    assert time.monotonic() - began < F7_S + START_S
    assert [fault.row for fault in intake.faults] == [1]
    assert intake.faults[0].code.startswith(code)
    assert intake.shapes[1].is_valid


def test_a_shapefile_of_a_hundred_thousand_rings_never_reaches_the_reader(tmp_path: Path) -> None:
    shell = shapely.box(109.9, 33.9, 111.1, 35.1)
    _write(tmp_path / "rings.shp", [shell])
    raw = bytearray((tmp_path / "rings.shp").read_bytes())
    raw[100 + 8 + 36 : 100 + 8 + 40] = struct.pack("<i", 100_000)  # the record's count of rings
    (tmp_path / "rings.shp").write_bytes(raw)
    with pytest.raises(FileRefused) as refused:
        _stage(tmp_path / "rings.shp", tmp_path)
    assert refused.value.code == "geometry.too_many_parts"


def test_not_a_number_in_a_geojson_is_refused_as_a_row(tmp_path: Path) -> None:
    ring = "[[110,34],[1e999,34],[110.1,34.1],[110,34]]"
    path = tmp_path / "inf.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"x"},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}'
    )
    try:
        codes = [fault.code for fault in _take(path, tmp_path).faults]
    except FileRefused as refused:
        codes = [refused.code]
    assert codes in (["geometry.not_finite"], ["geometry.missing"], ["file.unreadable"])


def test_a_reader_out_of_time_is_killed_with_all_it_started(tmp_path: Path) -> None:
    _write(tmp_path / "star.gpkg", [_star(2000)])
    began = time.monotonic()
    with pytest.raises(FileRefused) as refused:
        _take(tmp_path / "star.gpkg", tmp_path, ChildLimits(time_s=0.2))
    assert refused.value.code == "file.too_costly"
    assert time.monotonic() - began < 1.5
    assert not list(_processes_in(tmp_path))


def test_a_reader_out_of_memory_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "ring.gpkg", [_ring(90_000)] * 40)
    with pytest.raises(FileRefused) as refused:
        _take(tmp_path / "ring.gpkg", tmp_path, ChildLimits(memory_bytes=250 << 20))
    assert refused.value.code == "file.too_costly"
    assert not list(_processes_in(tmp_path))


def test_the_reader_knows_no_driver_that_could_reach_out(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import pyogrio, json; print(json.dumps(pyogrio.list_drivers()))"],
        env=_environment(tmp_path),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert set(json.loads(said.stdout)) <= set(DRIVERS)


def test_a_workbook_bomb_is_refused_as_an_archive(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300 << 20))
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(packed.getvalue())
    assert _refused(path, tmp_path) == "archive.ratio"


def _processes_in(folder: Path) -> Iterator[int]:
    """Processes whose working directory lies in `folder`."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                at = os.readlink(entry / "cwd")
            except OSError:
                continue
            if at.startswith(str(folder)):
                yield int(entry.name)


def test_crc_errors_are_told_and_not_read(tmp_path: Path) -> None:
    path = _zip(tmp_path / "crc.zip", {"a.shp": b"y" * 4000})
    raw = bytearray(path.read_bytes())
    wrong = struct.pack("<I", zlib.crc32(b"other"))
    for signature, offset in ((b"PK\x01\x02", 16), (b"PK\x03\x04", 14)):
        at = raw.rfind(signature)
        raw[at + offset : at + offset + 4] = wrong
    path.write_bytes(raw)
    assert _refused_while_unpacking(path, tmp_path) == "archive.broken"
