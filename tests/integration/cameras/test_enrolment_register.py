"""A device put behind a camera is answered for: who, which camera, which host, and no login."""

import json
from typing import Any

from backend import db
from backend.cameras import devices
from video.credentials import Credentials
from video.errors import Unreachable


def test_an_enrolment_is_entered_with_the_host_alone(land: Any) -> None:
    camera_id = land.add_camera("village", 110.005, 34.505)
    address = "http://10.0.0.9:8080/onvif?token=abc"
    enrolment = devices.Enrolment(camera_id, address, Credentials("admin", "open sesame"))
    with db.begin() as session:
        devices.store(session, devices.Outcome(enrolment, None, Unreachable()))
    [(act, actor, name, camera, detail)] = land.run(
        "SELECT act, actor_id, actor_name, camera_id, detail FROM register"
    )
    assert (act, actor, name, camera) == ("camera.enrolled", None, "gridlink", camera_id)
    reason = Unreachable().code
    assert detail == {"host": "10.0.0.9", "answered": False, "reason": reason}
    written = json.dumps(land.run("SELECT to_jsonb(r) FROM register r"))
    assert [word for word in ("admin", "sesame", "abc", "onvif") if word in written] == []
