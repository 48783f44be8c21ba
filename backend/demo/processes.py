"""The processes of the demonstration: started together, watched, ended together."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from ..errors import Misconfigured
from ..settings import load
from .county import ONVIF_PORT, python

RTSP_PORT = 8554
_READY_S = 60.0
Child = subprocess.Popen[bytes]


def _commands(fleet: Path) -> dict[str, list[str]]:
    ports = ["--onvif-port", str(ONVIF_PORT), "--rtsp-port", str(RTSP_PORT)]
    return {
        "simulator": [*python("video.simulator"), "--fleet", str(fleet), *ports],
        "worker": [*python("backend.cli"), "worker"],
        "server": [*python("backend.cli"), "serve"],
        "patrols": python("backend.demo.patrols"),
    }


@contextmanager
def running(fleet: Path) -> Iterator[list[Child]]:
    """Run simulator, worker and server; all end with this block."""
    logs = load().var_dir / "log"
    logs.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)
    pid_file = _pid_file()
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(str(os.getpid()))
    children: list[Child] = []
    try:
        for name, command in _commands(fleet).items():
            with (logs / f"{name}.log").open("ab") as log:
                # A session of its own: Ctrl-C reaches this process, which ends them in order.
                children.append(
                    subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
                )
        yield children
    except KeyboardInterrupt:
        typer.echo("\n正在停止… (stopping)")
    finally:
        for child in reversed(children):
            child.terminate()
        for child in children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
        pid_file.unlink(missing_ok=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def watch(children: list[Child]) -> None:
    """Wait for Ctrl-C; a part that ends by itself ends the demonstration with its log's name."""
    while True:
        for child in children:
            if child.poll() is not None:
                logs = load().var_dir / "log"
                raise Misconfigured(reason=f"a part of the demonstration ended: see {logs}")
        time.sleep(0.5)


def wait_for(is_ready: Callable[[], bool], part: str) -> None:
    deadline = time.monotonic() + _READY_S
    while not is_ready():
        if time.monotonic() > deadline:
            log = load().var_dir / "log" / f"{part}.log"
            raise Misconfigured(reason=f"{part} was not ready within {_READY_S:.0f} s: see {log}")
        time.sleep(0.1)


def check_ports() -> None:
    media = load().media
    ports = [load().http.port, ONVIF_PORT, RTSP_PORT]
    ports += [media.first_port + k for k in range(media.workers)]
    taken = [port for port in ports if listens(port)]
    if taken:
        raise Misconfigured(reason=f"ports in use: {', '.join(map(str, taken))}")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop_other() -> None:
    """End a demonstration of this checkout that is still running."""
    try:
        pid = int(_pid_file().read_text())
        started = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"demo" not in started or pid == os.getpid():
        return  # the number was given to another program since
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), "server")


def _pid_file() -> Path:
    return load().var_dir / "run" / "demo.pid"
