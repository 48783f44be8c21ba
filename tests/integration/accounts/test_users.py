"""Accounts by API and by command line."""

import pytest
from typer.testing import CliRunner

from backend.accounts.commands import users
from backend.accounts.schemas import Credentials, UserIn, UserPatch
from backend.accounts.sessions import Opened
from backend.accounts.users import NewUser
from backend.cameras.schemas import DeviceOrder, StreamTicket

NEW = {
    "username": "Li.Si",
    "display_name": "李四",
    "password": "long enough 1",
    "role": "operator",
    "division_code": "610522101000",
}


def test_an_admin_adds_an_account_that_can_sign_in(client, land) -> None:
    admin = client("admin")
    made = admin.post("/api/users", json=NEW)
    assert made.status_code == 201, made.text
    assert made.json()["division"]["name"] == "西川镇"
    credentials = {"username": "li.si", "password": "long enough 1"}  # names ignore case
    assert client(None).post("/api/session", json=credentials).status_code == 200


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"password": "short"}, "users.weak_password", 422),
        ({"username": "longenough1", "password": "LongEnough1"}, "users.weak_password", 422),
        ({"role": "owner"}, "users.unknown_role", 422),
        ({"division_code": "610523000000"}, "users.outside_jurisdiction", 422),
        ({"username": "../x"}, "request.invalid", 422),
    ],
)
def test_an_account_that_breaks_a_rule_is_refused(client, land, change, code, status) -> None:
    answer = client("admin").post("/api/users", json=NEW | change)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_name_is_given_once_over_all_jurisdictions(client, land, account) -> None:
    account("operator", 610523000000, username="li.si")  # invisible to this admin
    answer = client("admin").post("/api/users", json=NEW)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "users.username_taken"


def test_nobody_raises_or_locks_out_the_own_account(client, land) -> None:
    admin = client("admin")
    own = admin.get("/api/session").json()["user"]["id"]
    for change in ({"role": "operator"}, {"is_active": False}, {"division_code": "0"}):
        assert admin.patch(f"/api/users/{own}", json=change).status_code == 409


def test_a_disabled_account_cannot_sign_in(client, land) -> None:
    admin = client("admin")
    user_id = admin.post("/api/users", json=NEW).json()["id"]
    admin.patch(f"/api/users/{user_id}", json={"is_active": False})
    credentials = {"username": "li.si", "password": "long enough 1"}
    assert client(None).post("/api/session", json=credentials).status_code == 401


def test_a_new_password_replaces_the_old_one(client, land) -> None:
    admin = client("admin")
    user_id = admin.post("/api/users", json=NEW).json()["id"]
    admin.patch(f"/api/users/{user_id}", json={"password": "another one 2"})
    old = {"username": "li.si", "password": "long enough 1"}
    assert client(None).post("/api/session", json=old).status_code == 401
    new = {"username": "li.si", "password": "another one 2"}
    assert client(None).post("/api/session", json=new).status_code == 200


def test_the_command_reads_the_password_from_input_or_environment(land, client) -> None:
    run = CliRunner()
    arguments = ["add", "wang", "--role", "dispatcher", "--division", "610522"]
    made = run.invoke(users, [*arguments, "--password-stdin"], input="from stdin 12\n")
    assert made.exit_code == 0, made.output
    assert "from stdin" not in made.output
    other = ["add", "zhao", "--role", "admin"]
    assert run.invoke(users, other, env={"GRIDLINK_PASSWORD": "from env 1234"}).exit_code == 0
    for name, password in (("wang", "from stdin 12"), ("zhao", "from env 1234")):
        credentials = {"username": name, "password": password}
        assert client(None).post("/api/session", json=credentials).status_code == 200
    assert "wang\tdispatcher\t610522000000\tactive" in run.invoke(users, ["list"]).output
    assert run.invoke(users, ["disable", "wang"]).exit_code == 0
    assert "wang\tdispatcher\t610522000000\tdisabled" in run.invoke(users, ["list"]).output


def test_a_password_on_the_command_line_is_no_option(land) -> None:
    arguments = ["add", "x1", "--role", "admin", "--password", "visible in ps"]
    assert CliRunner().invoke(users, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("written", "stored"), [("610522", "610522000000"), ("61", "61" + "0" * 10)]
)
def test_a_short_division_code_means_the_division_and_not_a_number(
    client, land, written, stored
) -> None:
    made = client("admin", 0).post("/api/users", json=NEW | {"division_code": written})
    assert (made.status_code, made.json()["division"]["code"]) == (201, stored)


def test_no_secret_stands_in_a_repr() -> None:
    secrets = [
        Credentials(username="u", password="S3CRET"),
        UserIn(**NEW | {"password": "S3CRET"}),
        UserPatch(password="S3CRET"),
        NewUser("u", "u", "S3CRET", "admin", 0),
        Opened("S3CRET", "S3CRET", 1),
        StreamTicket.model_construct(ticket="S3CRET"),
        DeviceOrder(address="a", password="S3CRET"),
    ]
    assert [repr(one) for one in secrets if "S3CRET" in repr(one)] == []
