"""Publication: what was drawn is really covered, in every picture, for the times asked."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from video.masking import Cover, clip, polygon, still

WIDTH, HEIGHT = 322, 182  # no multiples of 16: edges of macroblocks do not help


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two seconds of bright noise with sound beside, so that an uncovered pixel cannot be dark."""
    path = tmp_path / "clip-000.mp4"
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for n in range(20):
            pixels = rng.integers(150, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts, picture.time_base = n, Fraction(1, 10)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as reading:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in reading.decode(video=0)]


RECTANGLE = {"points": [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]}
TRIANGLE = {"points": [[0.02, 0.02], [0.2, 0.02], [0.02, 0.4]]}


def test_every_pixel_of_an_area_is_black_in_every_picture(source, tmp_path) -> None:
    told = clip(source, tmp_path / "out.mp4", [RECTANGLE, TRIANGLE])
    shown = pictures(tmp_path / "out.mp4")
    assert told["frames"] == len(shown) == 20
    for _, pixels in shown:
        inside = pixels[HEIGHT // 4 + 2 : 3 * HEIGHT // 4 - 2, WIDTH // 4 + 2 : 3 * WIDTH // 4 - 2]
        # Noise of 150 and more would show at once; coding noise of flat black stays below this.
        assert inside.max() < 40
        assert pixels[: HEIGHT // 5, WIDTH // 2 :].mean() > 150
        assert pixels[8:12, 8:12].max() < 40  # well inside the triangle


def test_an_area_with_times_is_covered_then_and_shown_before_and_after(source, tmp_path) -> None:
    clip(source, tmp_path / "out.mp4", [{**RECTANGLE, "from_s": 0.5, "to_s": 1.0}])
    for at_s, pixels in pictures(tmp_path / "out.mp4"):
        is_covered = pixels[HEIGHT // 2, WIDTH // 2].max() < 40
        assert is_covered == (0.499 < at_s < 1.001), at_s


def test_the_copy_has_no_sound_and_nothing_of_the_original_beside(source, tmp_path) -> None:
    clip(source, tmp_path / "out.mp4", [RECTANGLE])
    with av.open(str(tmp_path / "out.mp4")) as reading:
        assert [stream.type for stream in reading.streams] == ["video"]


def test_a_still_is_covered_as_well(tmp_path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT), "white").save(tmp_path / "a.jpg", quality=95)
    still(tmp_path / "a.jpg", tmp_path / "b.jpg", [RECTANGLE])
    pixels = np.asarray(Image.open(tmp_path / "b.jpg"))
    assert (
        pixels[HEIGHT // 4 + 4 : 3 * HEIGHT // 4 - 4, WIDTH // 4 + 4 : 3 * WIDTH // 4 - 4].max()
        < 40
    )
    assert pixels[2, 2].min() > 200


def test_a_thin_area_covers_what_its_line_touches() -> None:
    area = polygon([[0.1, 0.5], [0.9, 0.5], [0.5, 0.5]], 100, 100)
    assert area[50, 10:90].all()


def test_colour_of_half_covered_blocks_is_gone_too() -> None:
    planar = np.full((6, 4), 200, dtype=np.uint8)
    Cover([{"points": [[0, 0], [0.1, 0], [0, 0.1]]}]).draw(planar, 0.0)
    assert planar[0, 0] == planar[1, 1] == 16
    assert planar[4:].reshape(2, 2, 2)[:, 0, 0].tolist() == [128, 128]


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x18ftypisom" + b"\xff" * 4000, b"x" * 10_000])
def test_a_hostile_file_ends_in_a_refusal_of_the_child(content, tmp_path) -> None:
    source = tmp_path / "bad.mp4"
    source.write_bytes(content)
    request = {
        "source": str(source),
        "target": str(tmp_path / "out.mp4"),
        "masks": [RECTANGLE],
        "most_bytes": 1_000_000,
    }
    done = subprocess.run(
        [sys.executable, "-m", "video.masking"],
        input=json.dumps(request).encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert "refused" in json.loads(done.stdout), done.stderr
