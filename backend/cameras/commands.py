"""`gridlink cameras ...` and `gridlink sight`: the registry, devices and sight from a terminal."""

import csv
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table as Grid
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from video.credentials import Credentials

from ..db import begin
from ..errors import Refused
from ..settings import load
from ..terminal import screen
from . import devices, ranking, registry
from .models import Camera
from .schemas import SightAnswer

cameras = typer.Typer(no_args_is_help=True, help="The registry of cameras and their devices.")
_LONGEST_ID = 18
"""Digits of an id; a device code (GB/T 28181) has 20."""

_PASSWORD_VARIABLE = "GRIDLINK_CAMERA_PASSWORD"  # noqa: S105  a name, not a password


class NoSuchRow(Refused):
    code = "file.row"
    zh = "{file} 第 {row} 行：{reason}"
    en = "{file} row {row}: {reason}"


@cameras.command("list")
def list_cameras(
    q: Annotated[str, typer.Option(help="Name, pinyin initials or code.")] = "",
    limit: Annotated[int, typer.Option(min=1)] = 100,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List cameras with their state."""
    with begin() as session:
        page = registry.page(session, registry.Listing(q=q, limit=limit))
    if as_json:
        typer.echo(page.model_dump_json(indent=1))
        return
    grid = Grid("id", "name", "lon", "lat", "device", "alive")
    for row in page.cameras:
        state = {True: "alive", False: f"dead ({row.status.reason})", None: "-"}[row.status.alive]
        place = (f"{row.lon:.6f}", f"{row.lat:.6f}")
        grid.add_row(str(row.id), row.name, *place, "yes" if row.enrolled else "-", state)
    screen().print(grid)


@cameras.command()
def probe(
    address: Annotated[str, typer.Argument(help="http://HOST[:PORT][/PATH] of the device.")],
    username: Annotated[str, typer.Option()] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Ask an ONVIF device what it is and offers. Password: GRIDLINK_CAMERA_PASSWORD, or asked."""
    report = devices.ask(address, Credentials(username, _password(username)))
    facts: dict[str, Any] = {
        "manufacturer": report.information.manufacturer,
        "model": report.information.model,
        "firmware": report.information.firmware,
        "has_ptz": report.has_ptz,
        "clock_offset_s": round(report.clock_offset_s, 1),
        "location": report.location and [report.location.lon, report.location.lat],
        "profiles": [
            {
                "name": p.name,
                "codec": p.codec,
                "width": p.width,
                "height": p.height,
                "fps": p.fps,
                "gop": p.gop,
                "stream": p.stream_url,
            }
            for p in report.profiles
        ],
    }
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=None if as_json else 1))


@cameras.command()
def enrol(
    camera: Annotated[str, typer.Argument(help="Camera id or code; or a CSV file of many.")],
    address: Annotated[str, typer.Argument(help="Device address; not with a file.")] = "",
    username: Annotated[str, typer.Option()] = "",
) -> None:
    """Put a device behind a camera; a CSV has the columns camera,address,username,password."""
    if not address:
        _enrol_file(Path(camera))
        return
    with begin() as session:
        camera_id = _find(session, camera)
    credentials = Credentials(username, _password(username))
    report = devices.ask(address, credentials)
    with begin() as session:
        enrolment = devices.Enrolment(camera_id, address, credentials)
        devices.store(session, devices.Outcome(enrolment, report))
    typer.echo(f"{camera_id}: {report.information.model}, {len(report.profiles)} profiles")


def _enrol_file(path: Path) -> None:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as fault:
        raise NoSuchRow(file=str(path), row=0, reason=str(fault)) from fault
    enrol_many(path.name, rows)


def enrol_many(source: str, rows: list[dict[str, str]], *, told: int = 20) -> int:
    """Probe and store devices of many cameras; tell how many answered, and `told` that did not."""
    enrolments = []
    with begin() as session:
        for number, row in enumerate(rows, start=2):
            try:
                credentials = Credentials(row.get("username", ""), row.get("password", ""))
                camera_id = _find(session, row["camera"])
                enrolments.append(devices.Enrolment(camera_id, row["address"], credentials))
            except KeyError as missing:
                raise NoSuchRow(file=source, row=number, reason=f"no column {missing}") from missing
    with Progress(console=screen(stderr=True), transient=True) as progress:
        task = progress.add_task("ONVIF", total=len(enrolments))
        outcomes = devices.ask_many(enrolments, on_done=lambda _: progress.advance(task))
    with begin() as session:
        for outcome in outcomes:
            devices.store(session, outcome)
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed[:told]:
        screen(stderr=True).print(f"{outcome.enrolment.camera_id}: {outcome.error}", markup=False)
    typer.echo(f"{len(outcomes) - len(failed)} enrolled, {len(failed)} without an answer")
    return len(failed)


def _find(session: Session, key: str) -> int:
    """Return the id of the one camera that `key`, an id or a code, names."""
    matches = [Camera.code == key]
    if key.isdigit() and len(key) <= _LONGEST_ID:
        matches.append(Camera.id == int(key))
    found = session.scalars(select(Camera.id).where(or_(*matches)).limit(2)).all()
    if len(found) != 1:
        raise Refused(reason=f"{len(found)} cameras are named {key}")
    return found[0]


def _password(username: str) -> str:
    """Return the password from the environment or the terminal; never from the command line."""
    if not username:
        return ""
    return os.environ.get(_PASSWORD_VARIABLE) or typer.prompt("Password", hide_input=True, err=True)


def sight(
    lon: Annotated[float | None, typer.Argument(min=-180, max=180)] = None,
    lat: Annotated[float | None, typer.Argument(min=-90, max=90)] = None,
    points: Annotated[Path | None, typer.Option(help="CSV with columns lon,lat.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer.")] = False,
) -> None:
    """Which cameras see a place, or each place of a file, best first; and why others do not."""
    if (points is None) == (lon is None or lat is None):
        raise typer.BadParameter("give LON LAT or --points FILE, one of the two")
    places = _places(points) if points else [(float(lon or 0), float(lat or 0))]
    with begin() as session:
        answers = [
            ranking.rank(session, None, x, y, limit=limit, language=load().language)
            for x, y in places
        ]
    if points is not None:
        typer.echo("[" + ",\n".join(answer.model_dump_json() for answer in answers) + "]")
    elif as_json:
        typer.echo(answers[0].model_dump_json())
    else:
        _show(answers[0])


def _places(path: Path) -> list[tuple[float, float]]:
    places = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                try:
                    lon, lat = float(row["lon"]), float(row["lat"])
                except (KeyError, TypeError, ValueError) as fault:
                    raise NoSuchRow(
                        file=path.name, row=number, reason=f"needs numbers lon, lat ({fault})"
                    ) from fault
                if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                    raise NoSuchRow(file=path.name, row=number, reason="lon, lat out of range")
                places.append((lon, lat))
    except OSError as fault:
        raise NoSuchRow(file=str(path), row=0, reason=str(fault)) from fault
    return places


def _show(answer: SightAnswer) -> None:
    grid = Grid("sight", "camera", "m", "°", "px/m", "reason")
    for row in answer.cameras:
        grid.add_row(
            row.sight,
            row.name,
            f"{row.distance_m:.0f}",
            f"{row.bearing_deg:.0f}",
            f"{row.pixels_per_m:.0f}" if row.pixels_per_m else "-",
            row.reason_text,
        )
    screen().print(grid)
    if answer.none_sees:
        screen().print("没有摄像机能看到该点 (no camera sees this place)")
