"""Child processes beside the server: started, started again with back-off, ended with it."""

import ctypes
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_STEADY_S = 60.0
_GRACE_S = 5.0
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


@contextmanager
def supervised(commands: Sequence[Sequence[str]]) -> Iterator[None]:
    """Keep one process running for each command while the block runs; all are gone after it."""
    ending = threading.Event()
    keepers = [threading.Thread(target=_keep, args=(list(c), ending)) for c in commands]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        ending.set()
        for keeper in keepers:
            keeper.join()


def _keep(command: list[str], ending: threading.Event) -> None:
    pause_s = _FIRST_PAUSE_S
    dies_with_us = partial(_die_with_parent, os.getpid())
    while not ending.is_set():
        started = time.monotonic()
        child = subprocess.Popen(command, preexec_fn=dies_with_us)  # noqa: S603, PLW1509
        while child.poll() is None and not ending.wait(0.2):
            pass
        if ending.is_set():
            _end(child)
            return
        if time.monotonic() - started > _STEADY_S:
            pause_s = _FIRST_PAUSE_S
        log.warning(
            "%s ended with %s, again in %.1f s",
            " ".join(command[1:]),
            child.returncode,
            pause_s,
            extra={"action": "child.restarted"},
        )
        ending.wait(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to end the child when the server is killed without a chance to clean up."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was killed before the kernel had been asked
        os._exit(1)
