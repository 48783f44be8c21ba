"""Making and changing accounts.

A change of role, division, password, end or activity ends every session, token and unused ticket
of the account; a trigger does it, for whoever changes an account by whatever way.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import Act, enter
from ..divisions.models import Division
from ..errors import Conflict, InvalidField, NotFound
from .models import User
from .passwords import hash_of
from .rights import RIGHTS


class UsernameTaken(Conflict):
    code = "users.username_taken"
    zh = "用户名 {username} 已被使用，请换一个。"
    en = "The user name {username} is taken: choose another."


class UnknownRole(InvalidField):
    code = "users.unknown_role"
    zh = "没有角色 {role}：可选 {known}。"
    en = "There is no role {role}: choose one of {known}."


class OutsideJurisdiction(InvalidField):
    code = "users.outside_jurisdiction"
    zh = "区划 {division} 不在您的辖区内，请选择辖区内的区划。"
    en = "Division {division} lies outside your jurisdiction: choose one inside it."


class OwnAccount(Conflict):
    code = "users.own_account"
    zh = "不能停用自己的账号或更改自己的角色，请由其他管理员操作。"
    en = "You cannot deactivate your own account or change its role: ask another administrator."


@dataclass(frozen=True, slots=True)
class NewUser:
    """What an account is made of; `division_code` 0 is the whole land."""

    username: str
    display_name: str
    password: str = field(repr=False)
    role: str
    division_code: int
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes the change: a principal, or the command line (id None, whole land)."""

    id: int | None
    name: str
    low: int
    high: int

    @classmethod
    def of(cls, principal: Principal) -> "Actor":
        return cls(principal.id, principal.username, principal.scope.low, principal.scope.high)


def add(session: Session, new: NewUser, *, by: Actor) -> User:
    """Make an account.

    Raises
    ------
    UsernameTaken, UnknownRole, OutsideJurisdiction, WeakPassword
        Each for its field.

    """
    _check_role(new.role)
    _check_division(new.division_code, by)
    username = new.username.strip().lower()
    user = User(
        username=username,
        display_name=new.display_name,
        password_hash=hash_of(new.password, username=username),
        role=new.role,
        division_code=new.division_code,
        ends_at=new.ends_at,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as taken:  # perhaps by an account that this jurisdiction cannot see
        raise UsernameTaken(username=username) from taken
    _register(session, "users.added", user, by, {"role": user.role})
    return user


def change(session: Session, user_id: int, changes: dict[str, object], *, by: Actor) -> User:
    """Change an account; `changes` names columns, `password` being hashed on the way.

    Raises
    ------
    NotFound
        If there is no such account in the jurisdiction.
    OwnAccount
        If someone would lock himself out or raise himself.

    """
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound()
    if user.id == by.id and {"role", "is_active", "division_code"} & changes.keys():
        raise OwnAccount()
    if "role" in changes:
        _check_role(str(changes["role"]))
    if "division_code" in changes:
        _check_division(int(str(changes["division_code"])), by)
    if (password := changes.pop("password", None)) is not None:
        changes["password_hash"] = hash_of(str(password), username=user.username)
    for name, value in changes.items():
        setattr(user, name, value)
    user.version += 1
    session.flush()
    _register(session, "users.changed", user, by, {"fields": sorted(changes)})
    return user


def listed(session: Session) -> list[User]:
    """Return the accounts of the jurisdiction by user name."""
    return list(session.scalars(select(User).order_by(User.username)))


def division_of(session: Session, code: int) -> Division | None:
    """Return the division an account belongs to; None for the whole land."""
    return session.scalars(
        select(Division).where(Division.code == code, Division.valid_to.is_(None))
    ).one_or_none()


def _check_role(role: str) -> None:
    if role not in RIGHTS:
        raise UnknownRole(field="role", role=role, known=", ".join(RIGHTS))


def _check_division(code: int, by: Actor) -> None:
    if not by.low <= code <= by.high:
        raise OutsideJurisdiction(field="division_code", division=str(code))


def _register(session: Session, act: str, user: User, by: Actor, detail: dict[str, object]) -> None:
    about = {"username": user.username} | detail
    enter(
        session,
        Act(act, by.id, by.name, division_code=user.division_code, detail=about),
    )
