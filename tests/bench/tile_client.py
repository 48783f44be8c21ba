"""Asks a server for tiles over several kept connections, and counts the CPU its answers cost."""

import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

import psycopg

_TICKS = os.sysconf("SC_CLK_TCK")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Asker:
    """`lanes` connections used in step, so that the server finds several requests at a time."""

    def __init__(self, port: int, *, lanes: int = 8, headers: str = "") -> None:
        self._headers = headers
        self._lanes = [socket.create_connection(("127.0.0.1", port)) for _ in range(lanes)]

    def ask(self, paths: Sequence[str], *, times: int) -> int:
        """Ask for every path `times` times; return the bytes of the bodies."""
        wanted = [path for _ in range(times) for path in paths]
        taken = 0
        for start in range(0, len(wanted), len(self._lanes)):
            batch = list(zip(self._lanes, wanted[start:], strict=False))
            for lane, path in batch:
                request = f"GET {path} HTTP/1.1\r\nHost: b\r\nAccept-Encoding: gzip\r\n"
                lane.sendall(f"{request}{self._headers}\r\n".encode())
            taken += sum(_read(lane) for lane, _ in batch)
        return taken


def _read(lane: socket.socket) -> int:
    """Read one answer, plain or chunked; return the length of its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(lane)
    head, _, body = received.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    if status == b"204":
        return 0
    if status != b"200":
        raise RuntimeError(head.decode())
    length = _LENGTH.search(head)
    if length is None:
        while not body.endswith(b"0\r\n\r\n"):
            body += _more(lane)
        return len(body)
    while len(body) < int(length[1]):
        body += _more(lane)
    return len(body)


def _more(lane: socket.socket) -> bytes:
    received = lane.recv(1 << 20)
    if not received:
        raise RuntimeError("the server closed the connection")
    return received


def cpu_s(server_pid: int, database_url: str) -> float:
    """Return the CPU seconds so far of a server and of the database's backends for it."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        ).fetchall()
    return sum(_spent_s(pid) for pid in [server_pid, *(row[0] for row in rows)])


def _spent_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
