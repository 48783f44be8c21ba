"""Frozen, black, blurred, covered: what each rests on, and when it cannot be told."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.video.healthscenes import (
    dimmed,
    key_picture,
    noisy,
    pressed,
    rained_on,
    street_at,
    town,
    view,
    with_clock,
)
from video.health import Known, examine
from video.healthlook import look_at
from video.healthverdicts import light_of, still_share
from video.simulator.scenes import Scene, look_of

CHROMA = 8.0
SCENE = town(3)


def known(*pictures) -> Known:
    """What looks at these pictures, one after the other, have taught."""
    held = Known(fov_deg=60.0)
    for picture in pictures:
        found = examine(picture, CHROMA, held)
        references = dict(held.references or {})
        if found.reference is not None:
            references[found.light] = (found.reference, references.get(found.light, (0, 0))[1] + 1)
        held = Known(60.0, references=references, print=found.print, still_looks=found.still_looks)
    return held


LEARNT = known(*(noisy(view(SCENE), 2.0, seed) for seed in range(4)))


def fault(picture, held: Known = LEARNT, chroma: float = CHROMA) -> str | None:
    return examine(picture, chroma, held).fault


def smeared(picture, sigma: float):
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def behind(picture, share: float, tone: int):
    """Something plain before this share of the lens."""
    covered = picture.copy()
    covered[:, : int(picture.shape[1] * share)] = tone
    return noisy(covered, 2.0)


@pytest.mark.parametrize(
    ("what", "picture"),
    [
        ("black", noisy(np.full((360, 640), 4, np.uint8), 1.0)),
        ("covered", noisy(np.full((360, 640), 120, np.uint8), 2.0)),
        ("covered", behind(view(SCENE), 0.8, 60)),
        ("blurred", noisy(smeared(view(SCENE), 3.0), 0.5)),
        ("moved", noisy(view(SCENE, right_deg=9), 2.0)),
    ],
)
def test_a_fault_is_called_by_its_name(what, picture) -> None:
    assert fault(picture) == what


@pytest.mark.parametrize(
    "picture",
    [
        noisy(view(SCENE), 2.0, 50),
        rained_on(view(SCENE)),
        dimmed(view(SCENE), 0.5),
        pressed(noisy(view(SCENE), 2.0), 20),
        with_clock(noisy(view(SCENE), 2.0), 77),
        behind(view(SCENE), 0.2, 200),  # a lorry that passes
    ],
    ids=["calm", "rain", "dusk", "poor jpeg", "clock", "lorry"],
)
def test_weather_and_traffic_are_no_fault(picture) -> None:
    assert fault(picture) is None


def test_a_picture_that_repeats_is_frozen_at_the_third_look() -> None:
    held = noisy(view(SCENE), 2.0, 7)
    knows, answers = LEARNT, []
    for _ in range(4):
        found = examine(held, CHROMA, knows)
        answers.append(found.verdicts["frozen"].answer)
        knows = Known(
            60.0, references=LEARNT.references, print=found.print, still_looks=found.still_looks
        )
    assert answers == ["no", "cannot_tell", "cannot_tell", "yes"]


def test_a_clock_that_runs_over_a_frozen_picture_does_not_hide_it() -> None:
    still = noisy(view(SCENE), 2.0, 7)
    looks = [look_at(with_clock(still, second)) for second in (0, 61, 3599)]
    shares = [still_share(a.print, b) for a, b in pairwise(looks)]
    assert min(shares) == 1.0


def test_a_calm_night_is_not_frozen_because_a_sensor_has_noise() -> None:
    """Half a level of noise is little: a sensor at night has three and more."""
    looks = [look_at(noisy(view(SCENE), 0.7, seed)) for seed in range(3)]
    assert still_share(looks[0].print, looks[1]) < 0.1


def test_the_print_estimates_the_mean_squared_difference() -> None:
    """Two pictures with noise of sigma differ by 2 sigma² on average."""
    sigma = 3.0
    looks = [look_at(noisy(np.full((360, 640), 128, np.uint8), sigma, seed)) for seed in (1, 2)]
    mean = float(np.mean((looks[0].print - looks[1].print) ** 2))
    assert mean == pytest.approx(2 * sigma**2, rel=0.2)


def test_a_plain_wall_whose_noise_the_encoder_took_is_not_called_frozen() -> None:
    wall, knows = np.full((360, 640), 140, np.uint8), Known(60.0)
    for _ in range(5):
        found = examine(wall, CHROMA, knows)
        knows = Known(60.0, print=found.print, still_looks=found.still_looks)
    assert found.verdicts["frozen"].reason == "plain_view"
    assert fault(np.full((360, 640), 120, np.uint8)) == "covered"


def test_without_a_reference_nothing_is_said_of_the_view() -> None:
    found = examine(view(SCENE), CHROMA, Known(60.0))
    told = {name: found.verdicts[name].answer for name in ("covered", "moved", "blurred")}
    assert set(told.values()) == {"cannot_tell"}
    assert found.reference is not None


def test_a_head_that_turns_is_not_judged_by_its_view() -> None:
    turning = Known(60.0, turns=True, references=LEARNT.references)
    found = examine(noisy(view(SCENE, right_deg=15), 2.0), CHROMA, turning)
    assert (found.fault, found.reference) == (None, None)
    assert found.verdicts["moved"].reason == "turns"


def test_a_faulty_view_teaches_nothing() -> None:
    assert examine(noisy(view(SCENE, right_deg=9), 2.0), CHROMA, LEARNT).reference is None


def test_infrared_is_night_however_bright_and_has_a_reference_of_its_own() -> None:
    picture = noisy(view(SCENE), 2.0, 60)
    assert light_of(look_at(picture, chroma=0.3)) == "night"
    found = examine(picture, 0.3, LEARNT)
    # The day's corners still show that it is the same view, and so its night may be learnt.
    assert (found.light, found.fault) == ("night", None)
    assert found.reference is not None


def test_what_was_turned_by_night_is_found_by_the_corners_of_the_day() -> None:
    picture = noisy(view(SCENE, right_deg=9), 2.0, 60)
    found = examine(picture, 0.3, LEARNT)
    assert found.verdicts["moved"].answer == "yes"
    assert found.reference is None


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (704, 576)])
def test_the_simulated_cameras_are_in_order_at_every_look(size) -> None:
    """Fixed cameras of the demonstration, looked at over their loops: no fault is ever called."""
    for camera in ("cam-003", "cam-008"):
        scene = Scene(camera, look_of(camera), *size)
        frames = (scene.render(loop_s=k * 7.3, code=k, clock_s=1e9 + k * 60) for k in range(6))
        pictures = [frame.to_ndarray(format="gray") for frame in frames]
        held = known(*pictures[:3])
        assert [fault(picture, held) for picture in pictures[3:]] == [None] * 3


def test_a_picture_of_another_type_is_refused() -> None:
    for wrong in (np.zeros((360, 640, 3), np.uint8), np.zeros((30, 30), np.uint8)):
        with pytest.raises(ValueError, match="gray is"):
            look_at(wrong)
    assert len(key_picture(street_at(0)[:360, :640])) > 1000
