"""CPU of a tile: ours from the cache and drawn anew, against tipg 1.6.1 on the same table.

100,000 cameras on 100 x 50 km. CPU counts the server's process and its database backends; tipg
stands in an environment of its own (var/peers/tipg).
"""

import math
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from databases_for_bench import database, token
from sqlalchemy.engine import make_url
from tile_client import Asker, cpu_s

from backend.settings import ROOT

FLOOR = 15.0
CAMERAS = 100_000
VILLAGE = 610522101201
PEER = ROOT / "var" / "peers" / "tipg"
TABLE = "public.cameras"
# (zoom, tiles asked for, rounds on the peer): its round of zoom 10 alone takes seconds.
ZOOMS = ((14, 40, 6), (12, 40, 4))
OUR_ROUNDS = 60

_OURS = (
    "import sys, uvicorn; from backend.app import create_app;"
    "uvicorn.run(create_app(), port=int(sys.argv[1]), log_level='error', access_log=False,"
    " loop='uvloop', http='httptools')"
)


def main() -> bool:
    with database("bench_tiles") as url:
        _fill(url)
        bearer = token(url, "operator", "610522000000")
        ours = {z: _measure_ours(url, bearer, z, n) for z, n, _ in ZOOMS}
        peers = _measure_peer(url)
    is_met = True
    for z, _, _ in ZOOMS:
        cached_ms, drawn_ms = ours[z]
        ratio = peers[z] / cached_ms
        is_met &= ratio >= FLOOR
        print(
            f"tile z{z} CPU: cached {cached_ms:.3f} ms, drawn {drawn_ms:.2f} ms,"
            f" tipg 1.6.1 {peers[z]:.2f} ms, ratio {ratio:.1f}x (floor {FLOOR:.0f}x)"
        )
    return is_met


def _fill(url: str) -> None:
    """Spread cameras evenly at random over lon 110.0-111.1, lat 34.2-34.65 (100 x 50 km)."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            "INSERT INTO cameras (set_name, name, division_code, is_alive, geom)"
            " SELECT 'bench', 'camera ' || i, %s, random() > 0.02,"
            " ST_SetSRID(ST_Point(110 + random() * 1.1, 34.2 + random() * 0.45), 4326)"
            " FROM generate_series(1, %s) AS i",
            (VILLAGE, CAMERAS),
        )
        connection.execute(
            "INSERT INTO poses (camera_id, azimuth_deg, fov_deg, range_m)"
            " SELECT id, (id * 37) %% 360, 60, 150 FROM cameras",
            (),
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE cameras, poses")


def _tiles(z: int, count: int) -> list[tuple[int, int]]:
    """Return x, y of tiles spread over the region, none twice while there are enough."""
    n = 1 << z
    places = []
    for i in range(count):
        lon, lat = 110.02 + 1.06 * (i % 10) / 10, 34.22 + 0.42 * (i // 10) / 4
        mercator = math.asinh(math.tan(math.radians(lat)))
        places.append((int((lon + 180) / 360 * n), int((1 - mercator / math.pi) / 2 * n)))
    return places


def _measure_ours(url: str, bearer: str, z: int, count: int) -> tuple[float, float]:
    """Return CPU milliseconds a tile from the cache, and drawn for the first time."""
    paths = [f"/api/tiles/cameras/{z}/{x}/{y}.mvt" for x, y in _tiles(z, count)]
    environment = os.environ | {"GRIDLINK_DATABASE_URL": url}
    command = [sys.executable, "-c", _OURS]
    with _server(command, environment, "/api/health") as (pid, port):
        asker = Asker(port, headers=f"Authorization: Bearer {bearer}\r\n")
        asker.ask(["/api/tiles/roads/1/0/0.mvt"], times=8)
        distinct = sorted(set(paths))
        before = cpu_s(pid, url)
        asker.ask(distinct, times=1)
        drawn = (cpu_s(pid, url) - before) / len(distinct)
        before = cpu_s(pid, url)
        asker.ask(paths, times=OUR_ROUNDS)
        cached = (cpu_s(pid, url) - before) / (len(paths) * OUR_ROUNDS)
    return cached * 1000, drawn * 1000


def _measure_peer(url: str) -> dict[int, float]:
    """Return tipg's CPU milliseconds a tile by zoom, after a warming round."""
    _install_peer()
    environment = os.environ | {
        "DATABASE_URL": _with_host(url),
        "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_TABLE_CONFIG__PUBLIC_CAMERAS__GEOMCOL": "geom_3857",
        "TIPG_MAX_FEATURES_PER_TILE": "100000",
        "TIPG_DB_MIN_CONN_SIZE": "1",
    }
    command = [str(PEER / "bin" / "uvicorn"), "tipg.main:app", "--log-level", "error"]
    command += ["--no-access-log", "--port"]
    found = {}
    with _server(command, environment, "/healthz") as (pid, port):
        asker = Asker(port)
        for z, count, rounds in ZOOMS:
            prefix = f"/collections/{TABLE}/tiles/WebMercatorQuad/{z}"
            paths = [f"{prefix}/{x}/{y}" for x, y in _tiles(z, count)]
            asker.ask(paths, times=1)
            before = cpu_s(pid, url)
            asker.ask(paths, times=rounds)
            found[z] = (cpu_s(pid, url) - before) / (count * rounds) * 1000
    return found


def _with_host(url: str) -> str:
    """Return the URL with its socket directory in the host's place, the only form tipg reads."""
    parts = make_url(url)
    socket_dir = quote(str(parts.query["host"]), safe="")
    return f"postgresql://{parts.username}@{socket_dir}:{parts.query['port']}/{parts.database}"


@contextmanager
def _server(
    command: list[str], environment: dict[str, str], health: str
) -> Iterator[tuple[int, int]]:
    """Run a server on a free port until the block ends; yield its pid and port."""
    port = _free_port()
    child = subprocess.Popen([*command, str(port)], env=environment, cwd=ROOT)
    try:
        _await(f"http://127.0.0.1:{port}{health}", child)
        yield child.pid, port
    finally:
        child.terminate()
        child.wait()


def _await(address: str, child: subprocess.Popen[bytes]) -> None:
    while child.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            continue
    raise RuntimeError(f"the server ended with {child.returncode}")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _install_peer() -> None:
    """Make tipg's own environment when it is missing; its pins would not fit beside ours."""
    if (PEER / "bin" / "uvicorn").exists():
        return
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, PEER], check=True)
    packages = ["tipg==1.6.1", "uvicorn[standard]"]
    python = PEER / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *packages], check=True)
