"""Child processes are kept running and end with the block that keeps them."""

import os
import signal
import sys
import threading
from pathlib import Path

from backend.supervision import supervised

_CHILD = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"


def pids(note: Path, count: int) -> list[int]:
    """Wait until `count` children have noted themselves, at most 20 s."""
    for _ in range(2000):
        lines = note.read_text().split("\n")[:-1] if note.exists() else []
        if len(lines) >= count:
            return [int(line) for line in lines]
        threading.Event().wait(0.01)
    raise AssertionError(f"fewer than {count} children")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_that_dies_is_started_again_and_ends_with_the_block(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    with supervised([[sys.executable, "-c", _CHILD, str(note)]]):
        first = pids(note, 1)[0]
        os.kill(first, signal.SIGKILL)
        second = pids(note, 2)[1]
        assert is_running(second)
    assert not is_running(first)
    assert not is_running(second)


def test_a_child_that_does_not_listen_is_ended_all_the_same(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("backend.supervision._GRACE_S", 0.2)
    note = tmp_path / "pids"
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_CHILD}"
    with supervised([[sys.executable, "-c", deaf, str(note)]]):
        child = pids(note, 1)[0]
    assert not is_running(child)


def test_without_children_the_block_just_runs() -> None:
    with supervised([]):
        pass
