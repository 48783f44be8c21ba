"""Server-sent events to 1,000 consoles at 10 events a second: age at arrival, and none lost.

One server process, one core shared with this client. An event's age runs from before its NOTIFY
commits to the moment when the console's socket has been read.
"""

import json
import os
import re
import resource
import select
import socket
import time
from dataclasses import dataclass, field

import numpy as np
import psycopg
from databases_for_bench import database, token
from served_for_bench import cpu_s, server

LIMIT_MS = 100.0
CONSOLES = 1000
EVENTS = 200
EVERY_S = 0.1
PORT = 8391
#: The server reads cameras and buildings beside its start; consoles stay open all day.
SETTLE_S = 12.0
VILLAGE = 610522101201

_NUMBER = re.compile(rb'"id":(\d+)')


@dataclass(slots=True)
class Consoles:
    """Open streams read as they come; `taken` holds the ids each has been told, in order."""

    sockets: dict[int, socket.socket] = field(default_factory=dict)
    taken: dict[int, list[int]] = field(default_factory=dict)
    rest: dict[int, bytes] = field(default_factory=dict)
    ages_s: list[float] = field(default_factory=list)
    poll: select.epoll = field(default_factory=select.epoll)

    def open(self, bearer: str) -> None:
        lane = socket.create_connection(("127.0.0.1", PORT))
        headers = f"Host: b\r\nAuthorization: Bearer {bearer}\r\n"
        lane.sendall(f"GET /api/events HTTP/1.1\r\n{headers}\r\n".encode())
        lane.setblocking(False)
        self.poll.register(lane, select.EPOLLIN)
        number = lane.fileno()
        self.sockets[number], self.taken[number], self.rest[number] = lane, [], b""

    def read(self, until: float, sent_at: list[float]) -> None:
        """Read whatever comes until the clock shows `until`."""
        while (left := until - time.monotonic()) > 0:
            for number, _ in self.poll.poll(left):
                got = self.rest[number] + self.sockets[number].recv(65536)
                now = time.monotonic()
                whole, _, self.rest[number] = got.rpartition(b"\n\n")
                for event in _NUMBER.findall(whole):
                    self.taken[number].append(int(event))
                    self.ages_s.append(now - sent_at[int(event)])


def main() -> bool:
    """Print ages and deliveries; True when all came and p99 is within the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    os.environ["GRIDLINK_HTTP__STREAMS_PER_USER"] = str(CONSOLES)
    with (
        database("bench_events") as url,
        server(url, PORT) as pid,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        bearer = token(url, "operator", "610522000000")
        consoles = Consoles()
        for _ in range(CONSOLES):
            consoles.open(bearer)
        consoles.read(time.monotonic() + SETTLE_S, [])
        before_s = cpu_s(pid)
        sent_at = _send(connection, consoles)
        spent_s = cpu_s(pid) - before_s
    return _report(consoles, len(sent_at), spent_s)


def _send(connection: "psycopg.Connection[tuple[object, ...]]", consoles: Consoles) -> list[float]:
    sent_at: list[float] = []
    begin = time.monotonic()
    for number in range(EVENTS):
        notice = {"noun": "incident", "id": number, "version": 1, "division_code": VILLAGE}
        sent_at.append(time.monotonic())
        connection.execute(
            "SELECT pg_notify('gridlink_changes', %s)", (json.dumps(notice, separators=(",", ":")),)
        )
        consoles.read(begin + (number + 1) * EVERY_S, sent_at)
    consoles.read(time.monotonic() + 2.0, sent_at)
    return sent_at


def _report(consoles: Consoles, sent: int, spent_s: float) -> bool:
    whole = sum(taken == list(range(sent)) for taken in consoles.taken.values())
    ages_ms = 1e3 * np.array(consoles.ages_s)
    p50, p99 = np.percentile(ages_ms, [50, 99])
    each_us = 1e6 * spent_s / max(len(ages_ms), 1)
    print(
        f"{CONSOLES} consoles, {1 / EVERY_S:.0f} events/s: {len(ages_ms)} of {sent * CONSOLES} "
        f"delivered, {whole} consoles told of each once and in order; age p50 {p50:.0f} ms, "
        f"p99 {p99:.0f} ms (limit {LIMIT_MS:.0f} ms), {each_us:.0f} us "
        "of the server a delivery"
    )
    return whole == CONSOLES and bool(p99 <= LIMIT_MS)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
