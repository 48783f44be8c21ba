"""A new key for the vault: all logins or none, and taken up where it was broken off."""

import threading

import pytest
from cryptography.fernet import Fernet, InvalidToken

from backend import db
from backend.cameras import vault
from backend.cameras.enrolment import rotation
from backend.errors import Misconfigured
from backend.settings import load

LOGIN = ("admin", "S3CRET/pass word")


@pytest.fixture
def sealed(loopback, land):
    """A login in every column that holds one."""
    camera_id = land.add_camera("c", 110.001, 34.501)
    secret = vault.seal(*LOGIN)
    land.run(
        "INSERT INTO devices (camera_id, address, secret) VALUES (%s, 'http://10.0.0.1/', %s)",
        *(camera_id, secret),
    )
    land.run("INSERT INTO enrolments (source, name, division_code) VALUES ('file', 'x', 0)")
    land.run(
        "INSERT INTO enrolment_rows (enrolment_id, row_no, address, secret)"
        " SELECT id, 1, 'http://10.0.0.1/', %s FROM enrolments",
        secret,
    )
    land.run("INSERT INTO device_logins (name, division_code, secret) VALUES ('g', 0, %s)", secret)
    land.run("INSERT INTO refused_logins (address, secret) VALUES ('a', %s)", secret)
    return land


def secrets_in(land):
    tables = ("devices", "enrolment_rows", "device_logins", "refused_logins")
    return [bytes(land.run(f"SELECT secret FROM {table}")[0][0]) for table in tables]


def test_every_sealed_column_is_known_to_the_rotation(database, land):
    columns = land.run(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'secret' AND data_type = 'bytea'"
    )
    assert {name for (name,) in columns} == {c.class_.__tablename__ for c in rotation.SEALED}


def test_rotation_seals_everything_anew_and_retires_the_old_key(sealed):
    (old,) = vault.keys()
    before = secrets_in(sealed)
    done = rotation.rotate()
    assert (done.resealed, done.lost, done.is_retired) == (4, 0, True)
    (new,) = vault.keys()
    assert new != old
    for secret, was in zip(secrets_in(sealed), before, strict=True):
        assert secret != was and vault.unseal(secret) == LOGIN
        with pytest.raises(InvalidToken):
            Fernet(old).decrypt(secret)
    assert sealed.run("SELECT act FROM register") == [("devices.rotated",)]
    mode = (load().var_dir / "secrets" / "vault.key").stat().st_mode
    assert mode & 0o777 == 0o600


@pytest.mark.fault
def test_rotation_broken_off_before_its_commit_loses_nothing_and_is_taken_up(sealed, monkeypatch):
    (old,) = vault.keys()

    def power_cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "enter", power_cut)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate()
    new, kept = vault.keys()
    assert kept == old and all(vault.unseal(each) == LOGIN for each in secrets_in(sealed))
    assert rotation.rotate().resealed == 4
    assert vault.keys() == (new,)


@pytest.mark.fault
def test_rotation_broken_off_after_its_commit_only_retires_the_key(sealed, monkeypatch):
    def power_cut():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(vault, "retire_keys", power_cut)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate()
    assert len(vault.keys()) == 2
    after = secrets_in(sealed)
    assert rotation.rotate().resealed == 0
    assert len(vault.keys()) == 1 and secrets_in(sealed) == after


@pytest.mark.fault
def test_what_is_sealed_while_a_rotation_waits_is_sealed_anew_too(sealed):
    """A writer that holds the vault keeps the rotation waiting; one after it has the new key."""
    rotating = threading.Thread(target=rotation.rotate)
    with db.begin() as session:
        vault.hold(session)
        secret = vault.seal(*LOGIN)
        rotating.start()
        session.connection().exec_driver_sql("UPDATE device_logins SET secret = %s", (secret,))
        assert rotating.is_alive()
    rotating.join(30)
    assert not rotating.is_alive()
    assert all(vault.is_current(each) for each in secrets_in(sealed))


def test_secret_of_a_lost_key_is_counted_and_left(sealed):
    lost = Fernet(Fernet.generate_key()).encrypt(b'["a", "b"]')
    sealed.run("UPDATE device_logins SET secret = %s", lost)
    done = rotation.rotate()
    assert (done.resealed, done.lost) == (3, 1)
    assert bytes(sealed.run("SELECT secret FROM device_logins")[0][0]) == lost


def test_key_from_the_settings_needs_the_new_one_before_it(sealed, monkeypatch):
    (old,) = vault.keys()
    monkeypatch.setenv("GRIDLINK_VAULT_KEY", old)
    load.cache_clear()
    with pytest.raises(Misconfigured):
        rotation.rotate()
    monkeypatch.setenv("GRIDLINK_VAULT_KEY", f"{Fernet.generate_key().decode()},{old}")
    load.cache_clear()
    done = rotation.rotate()
    assert (done.resealed, done.is_retired) == (4, False)
