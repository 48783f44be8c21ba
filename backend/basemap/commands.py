"""`gridlink roads build`: the road network at once, without waiting for the job."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ..db import begin
from . import network

roads = typer.Typer(no_args_is_help=True, help="The road network that travel times are found on.")


@roads.callback()
def roads_group() -> None:
    """Keep the group a group while it has one command."""


@roads.command()
def build(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Build the network from all imported roads."""
    with begin() as session:
        built = network.build(session)
    if as_json:
        typer.echo(json.dumps(asdict(built)))
        return
    typer.echo(
        f"{built.roads} roads, {built.edges} edges, {built.nodes} nodes,"
        f" {built.length_m / 1000:.1f} km, {built.parts} parts,"
        f" the longest {built.main_m / 1000:.1f} km"
    )
