"""Sessions, tokens and users at the API."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response, status
from sqlalchemy.orm import Session

from .. import db
from ..access import CurrentUser, Id, Principal, Tx, right
from ..divisions.codes import parse_jurisdiction
from ..settings import load
from . import sessions, tokens, users
from .identity import COOKIE, Identity, identify, look_up
from .models import User
from .schemas import (
    Credentials,
    NewTokenOut,
    PrincipalOut,
    SessionOut,
    TokenIn,
    TokenOut,
    TokensOut,
    UserIn,
    UserOut,
    UserPatch,
    UsersOut,
)

router = APIRouter(prefix="/api", tags=["accounts"])


@router.post("/session", **right("public"))
def sign_in(credentials: Credentials, request: Request, response: Response) -> SessionOut:
    """Sign in with a password; the answer sets the session cookie."""
    source = request.client.host if request.client else "unknown"
    http = load().http
    lasts = timedelta(hours=http.session_hours)
    opened = sessions.sign_in(
        credentials.username, credentials.password, source=source, lasts=lasts
    )
    response.set_cookie(
        COOKIE,
        opened.secret,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        secure=http.secure_cookie,
        samesite="strict",
    )
    return _described(look_up(opened.secret))


@router.get("/session", **right("signed_in"))
def current_session(request: Request) -> SessionOut:
    """Return who is signed in, with the CSRF token for unsafe requests."""
    return _described(identify(request.headers))


@router.delete("/session", status_code=status.HTTP_204_NO_CONTENT, **right("signed_in"))
def sign_out(user: CurrentUser, session: Tx, response: Response) -> None:
    """End this session."""
    sessions.sign_out(session, user)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


@router.get("/tokens", **right("signed_in"))
def list_tokens(user: CurrentUser, session: Tx) -> TokensOut:
    """List the caller's own bearer tokens, without their secrets."""
    return TokensOut(tokens=[TokenOut.of(token) for token in tokens.listed(session, user)])


@router.post("/tokens", status_code=status.HTTP_201_CREATED, **right("signed_in"))
def issue_token(wanted: TokenIn, user: CurrentUser, session: Tx) -> NewTokenOut:
    """Make a bearer token for a program; its secret is shown this once."""
    token, secret = tokens.issue(session, user, name=wanted.name, days=wanted.days)
    return NewTokenOut(**TokenOut.of(token).model_dump(), token=secret)


@router.delete("/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT, **right("signed_in"))
def revoke_token(token_id: Id, user: CurrentUser, session: Tx) -> None:
    """End a bearer token."""
    tokens.revoke(session, user, token_id)


@router.get("/users", **right("users.manage"))
def list_users(session: Tx) -> UsersOut:
    """List the accounts of the jurisdiction."""
    return UsersOut(users=[_out(session, user) for user in users.listed(session)])


@router.post("/users", status_code=status.HTTP_201_CREATED, **right("users.manage"))
def add_user(wanted: UserIn, user: CurrentUser, session: Tx) -> UserOut:
    """Make an account inside the jurisdiction."""
    new = users.NewUser(
        username=wanted.username,
        display_name=wanted.display_name,
        password=wanted.password,
        role=wanted.role,
        division_code=parse_jurisdiction(wanted.division_code),
        ends_at=wanted.ends_at,
    )
    return _out(session, users.add(session, new, by=users.Actor.of(user)))


@router.patch("/users/{user_id}", **right("users.manage"))
def change_user(user_id: Id, wanted: UserPatch, user: CurrentUser, session: Tx) -> UserOut:
    """Change an account; a change of rights signs it out everywhere."""
    changes = wanted.model_dump(exclude_unset=True)
    if "division_code" in changes:
        changes["division_code"] = parse_jurisdiction(changes["division_code"])
    return _out(session, users.change(session, user_id, changes, by=users.Actor.of(user)))


def _out(session: Session, user: User) -> UserOut:
    return UserOut.of(user, users.division_of(session, user.division_code))


def _described(identity: Identity | None) -> SessionOut:
    """Return the session as the console needs it; the guard has made sure that there is one."""
    if identity is None:
        raise sessions.WrongCredentials()
    principal: Principal = identity.principal
    with db.begin(principal.scope) as session:
        division = users.division_of(session, principal.division_code)
    return SessionOut(user=PrincipalOut.of(principal, division), csrf_token=identity.csrf_token)
