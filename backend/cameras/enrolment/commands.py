"""`gridlink devices ...`: the vault's key, duplicates and the devices around, from a terminal."""

import asyncio
import json
from typing import Annotated

import typer
from rich.table import Table as Grid

from video.errors import AddressRefused

from ...db import begin
from ...terminal import screen
from ..devices import policy, refusal
from . import duplicates as twins
from . import rotation

devices = typer.Typer(no_args_is_help=True, help="Devices: discovery, duplicates, the vault.")


@devices.command()
def rotate() -> None:
    """Seal all logins under a new key and retire the old one; take up what was broken off."""
    done = rotation.rotate()
    typer.echo(f"{done.resealed} sealed anew, {done.lost} under no known key")
    if not done.is_retired:
        typer.echo("remove the old key from GRIDLINK_VAULT_KEY", err=True)


@devices.command()
def duplicates(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List cameras that are one input of one device."""
    with begin() as session:
        groups = twins.duplicates(session)
    if as_json:
        typer.echo(json.dumps([group.model_dump(mode="json") for group in groups]))
        return
    grid = Grid("told by", "camera", "address", "channel")
    for group in groups:
        for one in group.cameras:
            camera = f"{one.camera_id} {one.camera_name}"
            grid.add_row(group.told_by, camera, one.address, str(one.channel))
    screen().print(grid)


@devices.command()
def discover(
    ranges: Annotated[
        list[str] | None, typer.Argument(help="10.1.2.0/24, 10.1.2.3-10.1.2.9")
    ] = None,
    port: Annotated[list[int] | None, typer.Option(help="Tried at each address.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Look for devices by multicast and in ranges of allowed networks; no login is sent."""
    try:
        found = asyncio.run(_discover(ranges or [], port or [80]))
    except AddressRefused as refused:
        raise refusal(refused) from None
    if as_json:
        typer.echo(json.dumps([{"address": a, "name": n} for a, n in found], ensure_ascii=False))
        return
    for address, name in found:
        typer.echo(f"{address}  {name}")


async def _discover(ranges: list[str], ports: list[int]) -> list[tuple[str, str]]:
    from video import discovery  # brings the ONVIF client

    addresses = discovery.addresses_of(ranges, policy())
    found = [] if ranges else await discovery.discover()
    async for one in discovery.sweep(addresses, policy(), ports=ports):
        found += [one] if one is not None else []
    return sorted({(one.addresses[0], one.name) for one in found if one.addresses})
