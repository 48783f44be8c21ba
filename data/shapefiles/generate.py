"""Write the demonstration county 云溪县 (模拟); --out chooses another folder than this one."""

from __future__ import annotations

import argparse
from pathlib import Path

from generator import tables
from generator.areas import lay_villages
from generator.buildings import lay_buildings
from generator.cameras import lay_cameras
from generator.land import lay_land
from generator.network import lay_roads
from generator.places import Scene, lay_places
from generator.restricted import lay_restricted
from generator.settlements import lay_hamlets
from generator.sites import lay_sites
from generator.towns import lay_towns
from generator.writing import write_layer


def write_county(out: Path) -> dict[str, int]:
    """Lay the county out, write every layer below `out`; returns the records per layer."""
    land, towns = lay_land(), lay_towns()
    hamlets, sites = lay_hamlets(land, towns), lay_sites(towns)
    roads = lay_roads(land, towns, hamlets)
    villages = lay_villages(land, towns, hamlets)
    buildings = lay_buildings(land, roads, sites, hamlets)
    scene = Scene(land, roads, sites, hamlets, villages, buildings)
    places = lay_places(scene)
    cameras = lay_cameras(scene, towns, places)
    layers = {
        "divisions": (tables.divisions(villages), ("行政区划", "Divisions")),
        "grids": (tables.grids(villages, sites), ("网格", "Grids")),
        "roads": (tables.roads(roads), ("道路", "Roads")),
        "buildings": (tables.buildings(buildings), ("建筑物", "Buildings")),
        "places": (tables.places(places), ("兴趣点与重点部位", "Places and key places")),
        "outlines": (tables.outlines(places, sites), ("重点部位轮廓", "Outlines of key places")),
        "restricted": (
            tables.restricted(lay_restricted(scene, cameras)),
            ("限制区域", "Restricted areas"),
        ),
        "cameras": (tables.cameras(cameras), ("摄像机点位", "Camera points")),
        "water": (tables.water(land), ("水系", "Waters")),
    }
    for name, (frame, title) in layers.items():
        write_layer(out / name, frame, title)
    return {name: len(frame) for name, (frame, _) in layers.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="target folder")
    for layer, records in write_county(parser.parse_args().out).items():
        print(f"{layer}: {records}")
