"""The demonstration county in the database: layers, accounts, and a simulated device per camera."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import text

from .. import cluster, databases
from ..db import begin
from ..settings import ROOT, load

ONVIF_PORT = 8200
COUNTY_CODE = 699901000000
ACCOUNTS = {
    "admin": ("admin", "管理员"),
    "operator": ("operator", "研判员"),
    "dispatcher": ("dispatcher", "调度员"),
    "planner": ("planner", "规划员"),
    "inspector": ("inspector", "监督员"),
    "worker": ("worker", "网格员"),
}
_VILLAGE_OF_WORKER = 699901001001
_SHAPES = ROOT / "data" / "shapefiles"
_LAYERS = (
    *("divisions", "grids", "roads", "buildings", "places", "outlines", "restricted"),
    "cameras",
)


def prepare_database() -> None:
    if load().database_url is None:
        cluster.start(cluster.locate(load().var_dir))
        databases.ensure("gridlink")
    else:
        databases.upgrade()
    with begin() as session:
        has_cameras = session.scalar(text("SELECT EXISTS (SELECT FROM cameras)"))
    if not has_cameras:
        for layer in _LAYERS:
            file = _SHAPES / layer / f"{layer}.shp"
            command = [*python("backend.cli"), "import", layer, str(file), "--set", "yunxi"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    _make_accounts()


def _make_accounts() -> None:
    """Make one account a role, with passwords of this installation's own."""
    path = accounts_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in ACCOUNTS if name not in passwords]
    for name in missing:
        role, shown = ACCOUNTS[name]
        division = {"admin": "0", "worker": str(_VILLAGE_OF_WORKER)}.get(name, str(COUNTY_CODE))
        passwords[name] = f"yunxi-{secrets.token_hex(4)}"
        command = [*python("backend.cli"), "users", "add", name, "--role", role]
        command += ["--division", division, "--display-name", shown, "--password-stdin"]
        subprocess.run(  # noqa: S603
            command, input=passwords[name], text=True, check=True, stdout=subprocess.DEVNULL
        )
    if missing:
        write_private(path, json.dumps(passwords))


def fleet_file() -> Path:
    """Return the simulator's list of devices, made from the registry at first use."""
    path = load().var_dir / "demo" / "fleet.json"
    if path.exists():
        return path
    with begin() as session:
        rows = session.execute(
            text("SELECT id, name, has_ptz, ST_X(geom), ST_Y(geom) FROM cameras ORDER BY id")
        ).all()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps([_device(k, row) for k, row in enumerate(rows)]))
    return path


def _device(k: int, row: Any) -> dict[str, Any]:
    """Return one simulated device; some are broken, as in every county."""
    fault = "dead" if k % 29 == 7 else "wrong_password" if k % 181 == 90 else None
    return {
        "id": f"cam-{row[0]}",
        "name": row[1],
        "ptz": row[2],
        "lon": row[3],
        "lat": row[4],
        "codec": "h265" if k % 23 == 11 else "h264",
        "username": "admin",
        "password": secrets.token_urlsafe(9),
        "auth": ("both", "wsse", "http_digest")[k % 3],
        "fault": fault,
        "timezone": "Asia/Shanghai",
    }


def devices_missing() -> bool:
    with begin() as session:
        return not session.scalar(text("SELECT EXISTS (SELECT FROM devices)"))


def enrol(devices: list[dict[str, Any]]) -> None:
    """Enrol the simulated devices as an administrator would: over ONVIF, from a list."""
    from ..cameras.commands import enrol_many

    rows = [
        {
            "camera": device["id"].removeprefix("cam-"),
            "address": f"http://127.0.0.1:{ONVIF_PORT}/{device['id']}/onvif/device_service",
            "username": device["username"],
            "password": device["password"],
        }
        for device in devices
    ]
    # Some simulated devices are broken on purpose; the map shows them, a list of errors would not.
    enrol_many("fleet.json", rows, told=0)


def accounts_file() -> Path:
    return load().var_dir / "secrets" / "demo-accounts.json"


def write_private(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)


def python(module: str) -> list[str]:
    return [sys.executable, "-m", module]
