"""Checks docker-compose.yml: its syntax, its references, and that every service is bounded.

No Docker engine is asked: the file is parsed and held against the parts it must name. With the
compose plugin at hand, Docker's own parser reads it as well.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PARTS = {"database", "app", "worker", "mediamtx", "simulator"}


def faults(compose: dict[str, Any]) -> list[str]:
    """Return what is wrong, one sentence each."""
    services: dict[str, Any] = compose.get("services", {})
    found = [f"service {name} is missing" for name in sorted(PARTS - services.keys())]
    for name, service in services.items():
        if not ("image" in service or "build" in service):
            found.append(f"{name}: neither image nor build")
        for other in service.get("depends_on", {}):
            if other not in services:
                found.append(f"{name}: depends on {other}, which is not there")
        for volume in service.get("volumes", []):
            source = str(volume).split(":")[0]
            if not source.startswith((".", "/")) and source not in compose.get("volumes", {}):
                found.append(f"{name}: volume {source} is not declared")
    return found + _gateway_faults(services.get("mediamtx", {}))


def _gateway_faults(service: dict[str, Any]) -> list[str]:
    """Return what would open a door around our tickets, one sentence each."""
    found = []
    if "mediamtx" not in service.get("profiles", []):
        found.append("mediamtx: must be optional, under a profile of its own")
    for port in service.get("ports", []):
        if not str(port).endswith(("127.0.0.1:8889:8889", "8189/udp")):
            found.append(f"mediamtx: port {port} must not be published")
    conf = yaml.safe_load((ROOT / "deploy" / "mediamtx.yml").read_text())
    wanted = {
        "authMethod": "http", "authHTTPExclude": [], "authInternalUsers": [], "metrics": False,
        "pprof": False, "playback": False, "rtsp": False, "rtmp": False, "hls": False,
        "srt": False, "paths": {},
    }  # fmt: skip
    found += [f"mediamtx.yml: {key} must be {v}" for key, v in wanted.items() if conf[key] != v]
    return found


def _faults_by_client() -> list[str]:
    """Return what Docker's own parser says, where its compose plugin is installed."""
    docker = shutil.which("docker")
    if docker is None or _run([docker, "compose", "version"]).returncode != 0:
        return []
    parsed = _run([docker, "compose", "-f", "docker-compose.yml", "config", "-q"])
    return [parsed.stderr.strip()] if parsed.returncode != 0 else []


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    wanted = {"GRIDLINK_DB_PASSWORD": "check", "GRIDLINK_VAULT_KEY": "check"}
    return subprocess.run(  # noqa: S603  fixed words
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **wanted},
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> int:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    found = faults(compose)
    found += _faults_by_client()
    for fault in found:
        sys.stderr.write(f"docker-compose.yml: {fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
