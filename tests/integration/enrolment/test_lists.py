"""From a table of addresses to enrolled cameras: read, asked once, matched, decided, enrolled."""

import csv
import io
import zipfile

import openpyxl
import pytest

from backend.cameras.enrolment import probing
from backend.cameras.vault import unseal
from video.simulator.odd_device import OddDevice, OddSpec

PASSWORD = "S3CRET/pass word"
SPEC = OddSpec(channels=1, password=PASSWORD)


def rows_of(admin, enrolment_id, **query):
    answer = admin.get(f"/api/devices/enrolments/{enrolment_id}/rows", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def probe(admin, enrolment_id, work, **order):
    answer = admin.post(f"/api/devices/enrolments/{enrolment_id}/probe", json=order)
    assert answer.status_code == 202, answer.text
    work(enrolment_id)
    return admin.get(f"/api/devices/enrolments/{enrolment_id}").json()


def test_table_with_chinese_headers_in_gb18030_is_read_and_faults_are_named_by_row(upload):
    table = (
        "设备IP；端口；用户名；密码；名称；国标编码；通道号；经度；纬度\n"
        "10.1.2.3；8000；admin；p；东门；C1；；110.01；34.51\n"
        "；；；；缺地址；；；；\n"
        "10.1.2.4；99999；；；坏端口；；；；\n"
        "http://admin:hidden@10.1.2.5/；；；；带口令；；；；\n"
        "10.1.2.3:8000；；；；重复；；；；\n"
        "10.1.2.6；；；；录像机；；通道 3；；\n"
        "10.1.2.7；；；；坏经度；；；210；34\n"
    )
    made = upload(table.encode("gb18030"))
    assert made["counts"] == {"waiting": 2, "faulty": 5}
    rows = rows_of(upload.admin, made["id"])
    told = {row["row_no"]: row["reason"] for row in rows}
    assert told == {
        2: None,
        3: "address.missing",
        4: "port.invalid",
        5: "address.login",
        6: "address.repeated",
        7: None,
        8: "place.invalid",
    }
    assert rows[0]["address"] == "http://10.1.2.3:8000/onvif/device_service"
    assert (rows[0]["lon"], rows[0]["lat"]) == (110.01, 34.51)
    assert rows[4]["explanation"] == "与第 2 行相同"
    assert rows[5]["channel"] == 3
    assert "hidden" not in str(rows)


def workbook(*rows, sheets=("设备",)) -> bytes:
    book = openpyxl.Workbook()
    for number, title in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = title
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


HEADER = ("设备IP", "端口", "用户名", "密码", "名称", "经度", "纬度")


def test_workbook_is_read_as_a_csv_is(upload, land):
    made = upload(
        workbook(
            HEADER,
            ("10.1.2.3", 8000, "admin", 123456, "东门", 110.01, 34.51),
            ("10.1.2.4", 80.0, "admin", 123456.0, "西门", None, None),
            (None, None, None, None, "缺地址", None, None),
            ("fd00::7", 8080, None, None, "六", None, None),
        )
    )
    assert made["counts"] == {"waiting": 3, "faulty": 1}
    rows = rows_of(upload.admin, made["id"])
    assert [row["row_no"] for row in rows] == [2, 3, 4, 5]
    assert [row["address"] for row in rows] == [
        "http://10.1.2.3:8000/onvif/device_service",
        "http://10.1.2.4:80/onvif/device_service",
        "-",
        "http://[fd00::7]:8080/onvif/device_service",
    ]
    sealed = [row[0] for row in land.run("SELECT secret FROM enrolment_rows ORDER BY row_no")]
    assert [unseal(one) for one in sealed[:2]] == [("admin", "123456")] * 2
    assert sealed[2:] == [None, None]


def test_workbook_that_may_mean_two_tables_or_declares_a_document_type_is_refused(upload):
    two = workbook(("IP",), ("10.0.0.1",), sheets=("甲", "乙"))
    typed = io.BytesIO()
    one = io.BytesIO(workbook(("IP",), ("10.0.0.1",)))
    with zipfile.ZipFile(one) as whole, zipfile.ZipFile(typed, "w") as parts:
        for name in whole.namelist():
            head = b"<!DOCTYPE d>" * name.endswith("sheet1.xml")
            parts.writestr(name, head + whole.read(name))
    for raw in (two, typed.getvalue(), b"PK\x03\x04 no archive"):
        files = {"file": ("devices.xlsx", raw)}
        answer = upload.admin.post("/api/devices/enrolments", files=files)
        assert (answer.status_code, answer.json()["error"]["code"]) == (
            422,
            "devices.table_refused",
        )


def test_addresses_of_the_sixth_version_are_read_in_every_form(upload):
    made = upload(
        "address,port\nfd00::1,\nfd00::2,8080\n[fd00::3]:8000,\nhttp://[fd00::4]/,\n::x,\n"
    )
    assert [row["address"] for row in rows_of(upload.admin, made["id"])] == [
        "http://[fd00::1]/onvif/device_service",
        "http://[fd00::2]:8080/onvif/device_service",
        "http://[fd00::3]:8000/onvif/device_service",
        "http://[fd00::4]/onvif/device_service",
        "-",
    ]


def test_ten_thousand_devices_are_one_list(upload, land):
    rows = "".join(f"10.{n // 250}.{n % 250}.9,admin,p{n},C{n}\n" for n in range(10_000))
    made = upload("address,user,password,code\n" + rows)
    assert made["counts"] == {"waiting": 10_000}
    assert land.run("SELECT count(DISTINCT secret) FROM enrolment_rows") == [(10_000,)]


@pytest.mark.parametrize(
    ("devices_in_all", "at_once"), [(1, 1), (16, 16), (543, 16), (3000, 20), (10_000, 64)]
)
def test_more_devices_are_asked_at_once_where_more_wait(devices_in_all, at_once):
    assert probing.lanes(devices_in_all) == at_once


@pytest.mark.parametrize(
    "table", [b"", b"\x00\x01\x02", b"name,code\na,b\n", b"a" * 100, "名称\n甲\n".encode("utf-16")]
)
def test_what_is_no_list_of_devices_is_refused(table, upload):
    files = {"file": ("devices.csv", table, "text/csv")}
    answer = upload.admin.post("/api/devices/enrolments", files=files)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "devices.table_refused"


def test_list_goes_from_file_to_enrolled_cameras(upload, work, land):
    camera_id = land.add_camera("东门", 110.0050, 34.5050)
    with OddDevice(SPEC) as device:
        table = f"address,user,password,code\n{device.authority},admin,{PASSWORD},东门\n"
        table += f"127.0.0.1:9,admin,{PASSWORD},nobody\n"
        made = upload(table)
        done = probe(upload.admin, made["id"], work)
        assert (done["state"], done["progress"]) == ("ready", 1.0)
        assert done["counts"] == {"answered": 1, "failed": 1}
        good, bad = rows_of(upload.admin, made["id"])
        assert (good["camera_id"], good["match"]) == (camera_id, "code")
        assert good["found"]["model"] == "Recorder"
        assert bad["reason"] == "stream.camera_unreachable" and "无应答" in bad["explanation"]
        enrolled = upload.admin.post(f"/api/devices/enrolments/{made['id']}/enrol", json={})
        assert enrolled.json()["counts"] == {"enrolled": 1, "failed": 1}
    sheet = upload.admin.get(f"/api/cameras/{camera_id}").json()
    assert sheet["device"]["auth_state"] == "accepted" and len(sheet["device"]["profiles"]) == 2
    # Enrolled, the row needs its login no more.
    assert land.run("SELECT secret FROM enrolment_rows WHERE state = 'enrolled'") == [(None,)]


def test_recorder_becomes_one_row_for_each_input_and_is_asked_once(upload, work, land):
    spec = OddSpec(channels=3, password=PASSWORD)
    with OddDevice(spec) as device:
        made = upload(f"地址,用户名,密码\n{device.authority},admin,{PASSWORD}\n")
        probe(upload.admin, made["id"], work)
    rows = rows_of(upload.admin, made["id"])
    assert [(row["row_no"], row["channel"]) for row in rows] == [(2, 1), (2, 2), (2, 3)]
    assert rows[2]["profiles"][0]["name"] == "main"
    assert device.operations["GetProfiles"] == 1
    ids = [land.add_camera(f"路口{n}", 110.001, 34.501) for n in (1, 2, 3)]
    for row, camera_id in zip(rows, ids, strict=True):
        choice = upload.admin.patch(
            f"/api/devices/enrolments/{made['id']}/rows/{row['id']}", json={"camera_id": camera_id}
        )
        assert choice.json()["match"] == "chosen"
    upload.admin.post(f"/api/devices/enrolments/{made['id']}/enrol", json={})
    stored = land.run("SELECT channel, source_token FROM devices ORDER BY channel")
    assert stored == [(1, "source-1"), (2, "source-2"), (3, "source-3")]
    # A refusal told of one channel holds for all: sixteen would lock the recorder.
    land.run("UPDATE devices SET auth_state = 'rejected' WHERE channel = 2")
    assert land.run("SELECT DISTINCT auth_state FROM devices") == [("rejected",)]


def test_wrong_login_is_sent_once_and_not_again_until_it_is_changed(upload, work):
    with OddDevice(SPEC) as device:
        made = upload(f"ip,user,password\n{device.authority},admin,wrong\n")
        done = probe(upload.admin, made["id"], work)
        assert done["counts"] == {"failed": 1} and device.refused == 1
        (row,) = rows_of(upload.admin, made["id"])
        assert row["reason"] == "stream.credentials_rejected"
        probe(upload.admin, made["id"], work)
        (row,) = rows_of(upload.admin, made["id"])
        assert (row["reason"], device.refused) == ("devices.refused_before", 1)
        right = {"row_ids": [row["id"]], "username": "admin", "password": PASSWORD}
        done = probe(upload.admin, made["id"], work, **right)
        assert done["counts"] == {"answered": 1} and device.refused == 1


def test_group_login_is_kept_under_a_name_and_never_shown(upload, work):
    admin = upload.admin
    new = {"name": "统一口令", "username": "admin", "password": PASSWORD}
    kept = admin.post("/api/devices/logins", json=new).json()
    with OddDevice(SPEC) as device:
        made = upload(f"ip\n{device.authority}\n")
        done = probe(admin, made["id"], work, login_id=kept["id"])
    assert done["counts"] == {"answered": 1}
    shown = admin.get("/api/devices/logins").text
    assert "统一口令" in shown and PASSWORD not in shown and "username" not in shown
    assert admin.delete(f"/api/devices/logins/{kept['id']}").status_code == 204


def test_cancelled_list_keeps_what_it_learnt_and_is_taken_up_again(upload, work, land):
    with OddDevice(SPEC) as device:
        made = upload(f"ip,user,password\n{device.authority},admin,{PASSWORD}\n127.0.0.1:9,,\n")
        url = f"/api/devices/enrolments/{made['id']}"
        upload.admin.post(f"{url}/probe", json={})
        assert upload.admin.post(f"{url}/probe", json={}).status_code == 409
        assert upload.admin.post(f"{url}/cancel").json()["state"] == "cancelled"
        work(made["id"])
        assert device.operations.total() == 0
        assert probe(upload.admin, made["id"], work)["counts"] == {"answered": 1, "failed": 1}


def test_list_of_a_killed_worker_is_taken_up_where_it_was(upload, work, land):
    with OddDevice(SPEC) as device:
        made = upload(f"ip,user,password\n{device.authority},admin,{PASSWORD}\n127.0.0.1:9,,\n")
        upload.admin.post(f"/api/devices/enrolments/{made['id']}/probe", json={})
        # What a worker leaves that dies after the first answer.
        land.run("UPDATE enrolments SET state = 'running', progress = 0.5")
        land.run("UPDATE enrolment_rows SET state = 'failed' WHERE row_no = 3")
        work(made["id"])
    assert device.operations["GetProfiles"] == 1
    assert upload.admin.get(f"/api/devices/enrolments/{made['id']}").json()["state"] == "ready"


def test_report_names_what_answered_and_what_not_and_no_spreadsheet_runs_it(upload, work):
    spec = OddSpec(channels=1, password=PASSWORD, manufacturer="=cmd|' /C calc'!A0")
    with OddDevice(spec) as device:
        made = upload(f"ip,user,password\n{device.authority},admin,{PASSWORD}\n127.0.0.1:9,,\n")
        probe(upload.admin, made["id"], work)
    answer = upload.admin.get(f"/api/devices/enrolments/{made['id']}/report?language=en")
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["state"] for row in table] == ["answered", "failed"]
    assert table[0]["streams"] == "h264 1920x1080; h264 640x360"
    assert table[0]["manufacturer"].startswith("'=")
    assert PASSWORD not in answer.text


def test_one_device_under_two_addresses_is_shown_as_a_twin(upload, work):
    with OddDevice(SPEC) as one, OddDevice(SPEC) as two:
        made = upload(
            f"ip,user,password\n{one.authority},admin,{PASSWORD}\n{two.authority},admin,{PASSWORD}\n"
        )
        probe(upload.admin, made["id"], work)
    assert [row["twin_row"] for row in rows_of(upload.admin, made["id"])] == [None, 2]


def test_cheap_devices_that_share_a_serial_number_are_no_twins(upload, work):
    other = OddSpec(channels=1, password=PASSWORD, mac="00:1b:c5:00:00:02")
    with OddDevice(SPEC) as one, OddDevice(other) as two:
        made = upload(
            f"ip,user,password\n{one.authority},admin,{PASSWORD}\n{two.authority},admin,{PASSWORD}\n"
        )
        probe(upload.admin, made["id"], work)
    assert [row["twin_row"] for row in rows_of(upload.admin, made["id"])] == [None, None]


def test_device_that_moved_is_known_again_and_gets_its_new_address(upload, work, land):
    camera_id = land.add_camera("东门", 110.0050, 34.5050)
    for _ in range(2):  # the second time it answers at another port, as after a new lease
        with OddDevice(SPEC) as device:
            made = upload(f"ip,user,password,code\n{device.authority},admin,{PASSWORD},东门\n")
            probe(upload.admin, made["id"], work)
            (row,) = rows_of(upload.admin, made["id"])
            upload.admin.post(f"/api/devices/enrolments/{made['id']}/enrol", json={})
            new_url = device.url
    assert (row["match"], row["camera_id"]) == ("identity", camera_id)
    assert row["moved_from"] not in (None, new_url)
    assert land.run("SELECT address FROM devices") == [(new_url,)]


def test_device_is_matched_by_where_it_says_it_stands(upload, work, land):
    near = land.add_camera("近", 110.0050, 34.5050)
    land.add_camera("远", 110.0080, 34.5050)
    # 0.0001 degrees of latitude are 11 m.
    spec = OddSpec(channels=1, password=PASSWORD, location=(110.0050, 34.5051))
    with OddDevice(spec) as device:
        made = upload(f"ip,user,password\n{device.authority},admin,{PASSWORD}\n")
        probe(upload.admin, made["id"], work)
    (row,) = rows_of(upload.admin, made["id"])
    assert (row["camera_id"], row["match"]) == (near, "position")
    assert row["match_m"] == pytest.approx(11.1, abs=0.2)


def test_two_rows_never_take_one_camera(upload, work, land):
    camera_id = land.add_camera("东门", 110.0050, 34.5050)
    two = OddSpec(channels=2, password=PASSWORD)
    with OddDevice(two) as device:
        made = upload(f"ip,user,password\n{device.authority},admin,{PASSWORD}\n")
        probe(upload.admin, made["id"], work)
    url = f"/api/devices/enrolments/{made['id']}"
    for row in rows_of(upload.admin, made["id"]):
        upload.admin.patch(f"{url}/rows/{row['id']}", json={"camera_id": camera_id})
    refused = upload.admin.post(f"{url}/enrol", json={})
    assert refused.json()["error"]["code"] == "devices.camera_taken_twice"
    assert land.run("SELECT count(*) FROM devices") == [(0,)]


@pytest.mark.parametrize("role", ["operator", "planner", "inspector"])
def test_only_who_may_enrol_sees_lists(role, upload, client):
    made = upload("ip\n10.1.2.3\n")
    assert client(role).get(f"/api/devices/enrolments/{made['id']}").status_code == 403


def test_lists_of_a_neighbour_are_not_found(upload, client):
    made = upload("ip\n10.1.2.3\n")
    elsewhere = client("admin", 610523000000)
    assert elsewhere.get(f"/api/devices/enrolments/{made['id']}").status_code == 404
    assert elsewhere.get(f"/api/devices/enrolments/{made['id']}/rows").status_code == 404
    assert elsewhere.get("/api/devices/enrolments").json()["enrolments"] == []
