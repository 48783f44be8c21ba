"""`gridlink demo`: the demonstration county with simulated cameras, all on this machine.

What a site runs as services runs here as children of one command, until it is interrupted.
"""

import json
import os
import sys
from typing import Annotated

import httpx
import typer

from ..settings import load
from . import county, forces, processes

_ENVIRONMENT = {
    "GRIDLINK_SITE__NAME": "云溪县综治中心（模拟）",
    "GRIDLINK_SITE__NAME_EN": "Yunxi County (simulated)",
    "GRIDLINK_SITE__SIMULATED": "true",
    # Simulated cameras live on this machine, and nothing else may be called.
    "GRIDLINK_MEDIA__ALLOWED_NETWORKS": '["127.0.0.0/8"]',
}


def demo(
    stop: Annotated[bool, typer.Option("--stop", help="End a demonstration left running.")] = False,
) -> None:
    """Run the demonstration county until Ctrl-C."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    load.cache_clear()
    processes.stop_other()
    if stop:
        return
    processes.check_ports()
    county.prepare_database()
    fleet = county.fleet_file()
    with processes.running(fleet) as children:
        if county.devices_missing():
            processes.wait_for(lambda: processes.listens(county.ONVIF_PORT), "simulator")
            county.enrol(json.loads(fleet.read_text("utf-8")))
        processes.wait_for(_is_served, "server")
        if forces.trackers_missing():
            passwords = json.loads(county.accounts_file().read_text())
            forces.set_up(_base_url(), passwords)
        _greet()
        processes.watch(children)


def _is_served() -> bool:
    try:
        answer = httpx.get(f"{_base_url()}/api/health", timeout=1)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def _base_url() -> str:
    return f"http://127.0.0.1:{load().http.port}"


def _greet() -> None:
    typer.echo(f"\n网格联 gridlink  {_base_url()}\n")
    passwords = json.loads(county.accounts_file().read_text())
    for name, (role, shown) in county.ACCOUNTS.items():
        typer.echo(f"  {shown:　<4} {role:<11} 账号 {name:<11} 密码 {passwords[name]}")
    typer.echo("\nCtrl-C 结束全部进程 (ends everything it started)")
    sys.stdout.flush()
