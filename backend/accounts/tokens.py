"""Bearer tokens by which programs act for an account."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import Act, enter
from ..errors import NotAllowed, NotFound
from .models import Token
from .secrets import digest, new_bearer_token


class TokenFromToken(NotAllowed):
    code = "tokens.needs_session"
    zh = "令牌只能由登录的用户本人创建，不能用令牌创建令牌。"
    en = "Only a person who is signed in makes tokens: a token cannot make another."


def issue(session: Session, principal: Principal, *, name: str, days: int) -> tuple[Token, str]:
    """Make a token and return it with its secret, which is stored nowhere.

    Raises
    ------
    TokenFromToken
        If the caller itself is a token: a leaked one must not outlive its own end.

    """
    if principal.session_id is None:
        raise TokenFromToken()
    secret = new_bearer_token()
    token = Token(
        token_hash=digest(secret),
        name=name,
        user_id=principal.id,
        expires_at=datetime.now(UTC) + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    _register(session, "tokens.issued", principal, token)
    return token, secret


def listed(session: Session, principal: Principal) -> list[Token]:
    """Return the caller's tokens that still work, newest first."""
    return list(
        session.scalars(
            select(Token)
            .where(
                Token.user_id == principal.id,
                Token.ended_at.is_(None),
                Token.expires_at > func.now(),
            )
            .order_by(Token.id.desc())
        )
    )


def revoke(session: Session, principal: Principal, token_id: int) -> None:
    """End one of the caller's tokens.

    Raises
    ------
    NotFound
        If the caller has no such token.

    """
    token = session.get(Token, token_id)
    if token is None or token.user_id != principal.id or token.ended_at is not None:
        raise NotFound()
    token.ended_at = datetime.now(UTC)
    _register(session, "tokens.revoked", principal, token)


def _register(session: Session, act: str, principal: Principal, token: Token) -> None:
    session.flush()
    enter(
        session,
        Act(
            act,
            principal.id,
            principal.username,
            division_code=principal.division_code,
            detail={"token_id": token.id, "name": token.name},
        ),
    )
