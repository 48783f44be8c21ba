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
