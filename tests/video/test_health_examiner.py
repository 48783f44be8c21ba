"""The examiner's child (F15): hostile pictures end it alone, it comes back, nothing leaks."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.video.healthscenes import key_picture, noisy, town, view
from tests.video.hostilepictures import children, claiming, damaged, open_files
from video.contained import pause_s
from video.errors import Overloaded
from video.healthexaminer import (
    Examiner,
    ExaminerLimits,
    Finding,
    Order,
    PictureRefused,
)
from video.packager import KeyPicture

GOOD = key_picture(noisy(view(town(1)), 2.0))
QUICK = ExaminerLimits(first_pause_s=0.05, longest_pause_s=0.4, picture_s=3.0)


def order(payload: bytes = GOOD, codec: str = "h264", **more) -> Order:
    known = {
        "fov_deg": 60.0, "fov_error_deg": 0.0, "turns": False,
        "references": {}, "print": b"", "still_looks": 0,
    }  # fmt: skip
    return Order(KeyPicture(codec, payload, 0), **(known | more))


@asynccontextmanager
async def examiner(limits: ExaminerLimits = QUICK) -> AsyncIterator[Examiner]:
    one = Examiner(limits)
    try:
        yield one
    finally:
        await one.close()


async def rested(one: Examiner, what: Order | None = None) -> Finding:
    """Examine as soon as the examiner has rested from the deaths before."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await one.examine(what or order())
            except Overloaded:
                await asyncio.sleep(one.rest_s + 0.01)


def test_a_picture_is_examined_in_the_child_as_it_would_be_here() -> None:
    async def run() -> None:
        async with examiner() as one:
            first = await one.examine(order())
            again = await one.examine(
                order(references={first.light: (first.reference, 1)}, print=first.print)
            )
        assert again.fault is None
        assert again.verdicts["moved"]["answer"] == "no"
        assert len(first.print) == 1536

    asyncio.run(run())


def test_what_does_not_decode_is_refused_and_the_child_lives() -> None:
    async def run() -> None:
        async with examiner() as one:
            await one.examine(order())
            pid = one.pid
            for rubbish in (b"", b"\0\0\0\1\x67", os.urandom(40_000), GOOD[:200]):
                with pytest.raises(PictureRefused):
                    await one.examine(order(rubbish))
            assert (await one.examine(order())).fault is None
            assert one.pid == pid

    asyncio.run(run())


def test_an_endless_header_is_refused_before_the_child_sees_it() -> None:
    async def run() -> None:
        async with examiner() as one:
            with pytest.raises(PictureRefused, match="8 MiB"):
                await one.examine(order(b"\0\0\0\1\x06\x05" + b"\xff" * 9_000_000))
            assert one.pid is None

    asyncio.run(run())


@pytest.mark.fault
def test_a_picture_of_sixteen_thousand_squared_is_refused_within_the_memory_of_the_child() -> None:
    async def run() -> None:
        async with examiner() as one:
            await one.examine(order())
            pid = one.pid
            for _ in range(5):
                with pytest.raises(PictureRefused):
                    await one.examine(order(claiming(16384, 16384)))
            status = Path(f"/proc/{one.pid}/status").read_text()
            assert one.pid == pid
        peak_kb = int(status.split("VmHWM:")[1].split()[0])
        assert peak_kb < 300_000

    asyncio.run(run())


@pytest.mark.fault
def test_a_long_header_costs_the_child_seconds_at_most() -> None:
    """Eight megabytes of sequence headers before the picture: answered, or ended at its limit."""
    header = GOOD[: GOOD.index(b"\0\0\0\1\x68")]
    long = header * (7_900_000 // len(header)) + GOOD

    async def run() -> None:
        async with examiner() as one:
            began = time.monotonic()
            with suppress(PictureRefused):
                await one.examine(order(long))
            assert time.monotonic() - began < 30
            assert (await rested(one)).fault is None

    asyncio.run(run())


@pytest.mark.fault
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_four_hundred_damaged_pictures_end_at_most_the_child(codec) -> None:
    encoder = "libx264" if codec == "h264" else "libx265"
    extra = {} if codec == "h264" else {"x265-params": "log-level=none"}
    whole = key_picture(noisy(view(town(2)), 2.0), encoder, **extra)
    draw = random.Random(15)

    async def run() -> int:
        refused = 0
        async with examiner() as one:
            for _ in range(200):
                try:
                    await rested(one, order(damaged(whole, draw), codec))
                except PictureRefused:
                    refused += 1
            assert (await rested(one, order(whole, codec))).fault is None
        return refused

    files = open_files()
    assert asyncio.run(run()) > 50
    assert (children(), open_files()) == ([], files)


@pytest.mark.fault
def test_a_child_out_of_memory_is_a_refusal_and_not_an_end() -> None:
    """As little address space as this holds the libraries, and no picture beside them."""

    async def run() -> None:
        async with examiner(ExaminerLimits(memory_bytes=120 * 1024 * 1024)) as one:
            with pytest.raises(PictureRefused):
                await one.examine(order())

    asyncio.run(run())


@pytest.mark.fault
def test_a_killed_or_stalled_child_is_replaced_without_a_trace() -> None:
    files = open_files()

    async def run() -> None:
        async with examiner() as one:
            await one.examine(order())
            for ending in (signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV):
                before = one.pid
                assert before is not None
                os.kill(before, ending)
                with pytest.raises(PictureRefused):
                    await one.examine(order())
                assert (await rested(one)).fault is None
                assert one.pid not in (None, before)

    asyncio.run(run())
    assert (children(), open_files()) == ([], files)


@pytest.mark.fault
def test_after_a_death_no_child_is_begun_for_a_while() -> None:
    limits = ExaminerLimits(memory_bytes=16 * 1024 * 1024, first_pause_s=600.0, longest_pause_s=900)

    async def run() -> None:
        async with examiner(limits) as one:
            with pytest.raises(PictureRefused):
                await one.examine(order())
            with pytest.raises(Overloaded):
                await one.examine(order())
            assert one.pid is None

    asyncio.run(run())
    assert children() == []


def test_each_death_in_a_row_doubles_the_wait_up_to_a_minute() -> None:
    waits = [pause_s(deaths, 0.5, 60.0) for deaths in (1, 2, 3, 4, 7, 8, 5000)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 32.0, 60.0, 60.0]


@pytest.mark.fault
def test_a_look_that_was_given_up_leaves_no_answer_for_the_next() -> None:
    async def run() -> None:
        async with examiner() as one:
            await one.examine(order())
            asking = asyncio.create_task(one.examine(order()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            with pytest.raises(PictureRefused, match=r"InvalidData|ValueError"):
                await one.examine(order(os.urandom(5000)))

    asyncio.run(run())
    assert children() == []
