"""The shapes of accounts at the API."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from ..access import Principal
from ..divisions.codes import LEVEL_NAME, level_of, text_of
from ..divisions.models import Division
from ..strict import Strict
from .models import Token, User

Username = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{2,64}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000), Field(repr=False)]
Code = Annotated[str, StringConstraints(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
"""A division by 2, 4, 6, 9 or 12 digits; 0 is the whole land."""


class Credentials(Strict):
    username: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Password


class DivisionOut(BaseModel):
    """A division, by its 12-digit code; `level` is null for the whole land."""

    code: str
    name: str
    level: str | None

    @classmethod
    def of(cls, code: int, found: Division | None) -> "DivisionOut":
        level = level_of(code)
        name = found.name if found else ("全域" if code == 0 else text_of(code))
        return cls(code=text_of(code), name=name, level=LEVEL_NAME[level] if level else None)


class PrincipalOut(BaseModel):
    id: int
    username: str
    display_name: str
    role: str
    division: DivisionOut
    rights: list[str]

    @classmethod
    def of(cls, principal: Principal, division: Division | None) -> "PrincipalOut":
        return cls(
            id=principal.id,
            username=principal.username,
            display_name=principal.display_name,
            role=principal.role,
            division=DivisionOut.of(principal.division_code, division),
            rights=sorted(principal.rights),
        )


class SessionOut(BaseModel):
    user: PrincipalOut
    csrf_token: str | None = Field(description="null for a bearer token")


class UserIn(Strict):
    username: Username
    display_name: Name
    password: Password
    role: str
    division_code: Code
    ends_at: AwareDatetime | None = None


class UserPatch(Strict):
    """Only what is given changes; `ends_at: null` removes the end."""

    display_name: Name = ""
    password: Password = ""
    role: str = ""
    division_code: Code = ""
    is_active: bool = True
    ends_at: AwareDatetime | None = None


class UserOut(BaseModel):
    id: int
    username: str
    display_name: str
    role: str
    division: DivisionOut
    is_active: bool
    ends_at: datetime | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, user: User, division: Division | None) -> "UserOut":
        return cls(
            id=user.id,
            username=user.username,
            display_name=user.display_name,
            role=user.role,
            division=DivisionOut.of(user.division_code, division),
            is_active=user.is_active,
            ends_at=user.ends_at,
            created_at=user.created_at,
            version=user.version,
        )


class UsersOut(BaseModel):
    users: list[UserOut]


class TokenIn(Strict):
    name: Name
    days: Annotated[int, Field(ge=1, le=365)] = 90


class TokenOut(BaseModel):
    id: int
    name: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, token: Token) -> "TokenOut":
        return cls(
            id=token.id, name=token.name, created_at=token.created_at, expires_at=token.expires_at
        )


class NewTokenOut(TokenOut):
    token: str = Field(description="shown this once", repr=False)


class TokensOut(BaseModel):
    tokens: list[TokenOut]
