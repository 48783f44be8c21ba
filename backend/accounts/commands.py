"""`gridlink users`: accounts from the command line. A password never stands on it."""

import os
import sys
from typing import Annotated

import typer

from .. import db
from ..divisions.codes import parse_jurisdiction, text_of
from ..errors import InvalidField, NotFound
from .models import User
from .users import Actor, NewUser, add, change, listed

users = typer.Typer(no_args_is_help=True, help="Accounts of staff.")

_OPERATOR = Actor(None, "gridlink", *db.WHOLE_LAND)
_PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@users.command("add")
def add_user(
    username: str,
    role: Annotated[
        str, typer.Option(help="admin, operator, dispatcher, planner, inspector or worker.")
    ],
    division: Annotated[
        str, typer.Option(help="Division code of 2 to 12 digits; 0 is the whole land.")
    ] = "0",
    display_name: Annotated[str | None, typer.Option(help="Shown on screens.")] = None,
    password_stdin: _PasswordStdin = False,
) -> None:
    """Make an account; the password comes from GRIDLINK_PASSWORD, standard input or a prompt."""
    new = NewUser(
        username=username,
        display_name=display_name or username,
        password=_read_password(password_stdin),
        role=role,
        division_code=_division_code(division),
    )
    with db.begin() as session:
        add(session, new, by=_OPERATOR)
    typer.echo(f"{username} {role} {text_of(new.division_code)}")


@users.command("list")
def list_users() -> None:
    """List all accounts."""
    with db.begin() as session:
        for user in listed(session):
            state = "active" if user.is_active else "disabled"
            typer.echo(f"{user.username}\t{user.role}\t{text_of(user.division_code)}\t{state}")


@users.command()
def disable(username: str) -> None:
    """Disable an account and end its sessions."""
    _change(username, {"is_active": False})


@users.command()
def password(username: str, password_stdin: _PasswordStdin = False) -> None:
    """Set an account's password and end its sessions."""
    _change(username, {"password": _read_password(password_stdin)})


def _change(username: str, changes: dict[str, object]) -> None:
    with db.begin() as session:
        found = session.query(User.id).filter_by(username=username.lower()).one_or_none()
        if found is None:
            raise NotFound()
        change(session, found[0], changes, by=_OPERATOR)


def _division_code(written: str) -> int:
    try:
        return parse_jurisdiction(written)
    except ValueError as wrong:
        raise InvalidField(field="division", reason=str(wrong)) from wrong


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given = os.environ.get("GRIDLINK_PASSWORD")
    return given or str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
