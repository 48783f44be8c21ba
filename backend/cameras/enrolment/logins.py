"""Logins of groups under a name, and logins that were refused: never shown, never sent twice."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from video.credentials import Credentials

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import NotFound
from .. import vault
from .models import DeviceLogin, RefusedLogin


def listed(session: Session) -> Sequence[DeviceLogin]:
    """Return the logins of the caller's jurisdiction by name."""
    return session.scalars(select(DeviceLogin).order_by(DeviceLogin.name)).all()


def keep(session: Session, name: str, credentials: Credentials, by: Principal) -> DeviceLogin:
    """Keep a login under a name; one of that name is replaced."""
    vault.hold(session)
    row = {
        "name": name,
        "division_code": by.division_code,
        "secret": vault.seal(credentials.username, credentials.password),
    }
    kept = session.scalars(
        insert(DeviceLogin)
        .values(**row)
        .on_conflict_do_update(
            index_elements=["division_code", "name"],
            set_={"secret": row["secret"], "changed_at": func.now()},
        )
        .returning(DeviceLogin)
    ).one()
    _enter(session, "devices.login.kept", name, by)
    return kept


def forget(session: Session, login_id: int, by: Principal) -> None:
    """Forget a login; devices that were enrolled with it keep theirs.

    Raises
    ------
    NotFound
        If there is none such in the caller's jurisdiction.

    """
    login = get(session, login_id)
    session.delete(login)
    session.flush()
    _enter(session, "devices.login.forgotten", login.name, by)


def get(session: Session, login_id: int) -> DeviceLogin:
    """Return a login.

    Raises
    ------
    NotFound
        If there is none such in the caller's jurisdiction.

    """
    login = session.get(DeviceLogin, login_id)
    if login is None:
        raise NotFound()
    return login


def was_refused(session: Session, address: str, credentials: Credentials) -> bool:
    """Return whether the device at an address has refused this very login before."""
    kept = session.get(RefusedLogin, address)
    told = (credentials.username, credentials.password)
    return kept is not None and vault.unseal(kept.secret) == told


def note_refused(session: Session, address: str, credentials: Credentials) -> None:
    """Remember a refused login, in place of the one before it."""
    vault.hold(session)
    sealed = vault.seal(credentials.username, credentials.password)
    insertion = insert(RefusedLogin).values(address=address, secret=sealed)
    session.execute(
        insertion.on_conflict_do_update(
            index_elements=["address"], set_={"secret": sealed, "at": func.now()}
        )
    )


def forget_refused(session: Session, addresses: Sequence[str]) -> None:
    """Let the logins of these addresses be tried again."""
    session.execute(delete(RefusedLogin).where(RefusedLogin.address.in_(addresses)))


def _enter(session: Session, act: str, name: str, by: Principal) -> None:
    enter(
        session,
        Act(act, by.id, by.username, division_code=by.division_code, detail={"login": name}),
    )
