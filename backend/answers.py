"""Errors as answers: every failure leaves the API in the one shape of `errors.body_of`."""

import logging
import secrets
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from .access import language_of
from .errors import (
    GridlinkError,
    Language,
    NotFound,
    NotSignedIn,
    Refused,
    TooMany,
    Unavailable,
    body_of,
    status_of,
)

log = logging.getLogger(__name__)

RETRY_AFTER_S = 3
_ROW_REFUSED = "violates row-level security policy"
"""The database shares one code (42501) between this and a missing grant, which is our own fault."""

#: What pydantic found -> what to tell; anything else is told as "not valid here".
_FAULTS: dict[str, tuple[str, str]] = {
    "missing": ("缺少必填项", "is required"),
    "extra_forbidden": ("不认识的字段", "is not a known field"),
    "json_invalid": ("不是有效的 JSON", "is not valid JSON"),
    "string_too_short": ("内容太短", "is too short"),
    "string_too_long": ("内容太长", "is too long"),
    "string_pattern_mismatch": ("格式不正确", "does not have the expected form"),
    "greater_than": ("数值太小", "is too small"),
    "greater_than_equal": ("数值太小", "is too small"),
    "less_than": ("数值太大", "is too large"),
    "less_than_equal": ("数值太大", "is too large"),
    "literal_error": ("不在允许的取值内", "is not one of the allowed values"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "float_parsing": ("应为数字", "must be a number"),
}


class InvalidRequest(Refused):
    code = "request.invalid"
    zh = "请求内容有误，请检查标出的字段。"
    en = "The request is not valid: check the fields named."


class Unreadable(Refused):
    code = "request.unreadable"
    zh = "请求中有数据库无法保存的字符或数值，请检查后重试。"
    en = "The request holds characters or numbers that cannot be stored: check and try again."


class OutsideJurisdiction(Refused):
    code = "jurisdiction.outside"
    zh = "结果会落在您的辖区之外，未保存：请选择辖区内的位置，或请上级账号操作。"
    en = "That would lie outside your jurisdiction and was not kept: choose a place inside it."


class Unforeseen(GridlinkError):
    code = "internal"
    zh = "系统内部出错，已记录（编号 {log_id}），请联系管理员。"
    en = "Something went wrong inside; it is on record as {log_id}: tell an administrator."


class NoSuchRoute(NotFound):
    code = "route.not_found"
    zh = "没有这个地址：{path}"
    en = "There is no such address: {path}"


class MethodNotAllowed(GridlinkError):
    code = "route.method"
    zh = "该地址不支持此操作。"
    en = "This address does not support that method."


class CutShort(HTTPException):
    """A body that broke its bounds while the framework read it; only this type gets through it."""

    def __init__(self, error: GridlinkError, status: HTTPStatus) -> None:
        super().__init__(status)
        self.error = error


def answer(error: GridlinkError, language: Language) -> JSONResponse:
    """Return the response that tells `error`."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(error.detail.get("retry_after_s", RETRY_AFTER_S))
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = error.challenge
    return JSONResponse(body_of(error, language), status_of(error), headers)


def cut_short(error: CutShort, language: Language) -> JSONResponse:
    """Return the response to a body that broke its bounds."""
    return JSONResponse(body_of(error.error, language), error.status_code)


def translated(error: Exception) -> GridlinkError:
    """Return a foreign error as one of ours; an unforeseen one goes to the log with a number."""
    if isinstance(error, GridlinkError):
        return error
    if isinstance(error, DataError):
        return Unreadable()
    if isinstance(error, ProgrammingError) and _ROW_REFUSED in str(error.orig):
        return OutsideJurisdiction()
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if is_lost or isinstance(error, OperationalError | InterfaceError | PoolTimeoutError):
        log.warning("the database is away", extra={"action": "database.away"})
        return Unavailable(part="database")
    log_id = secrets.token_hex(4)
    log.error("unforeseen error %s", log_id, exc_info=error, extra={"action": "http.error"})
    return Unforeseen(log_id=log_id)


def install(app: FastAPI) -> None:
    """Make `app` answer every error in the one shape."""
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    for kind in (GridlinkError, DBAPIError, PoolTimeoutError, Exception):
        app.add_exception_handler(kind, _answer_error)


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    return answer(translated(error), language_of(request.headers.get("accept-language")))


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    language = language_of(request.headers.get("accept-language"))
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    content = body_of(InvalidRequest(), language)
    content["error"]["fields"] = [_field(fault, language) for fault in faults[:50]]
    return JSONResponse(content, 422, {"Cache-Control": "no-store"})


def _field(fault: dict[str, Any], language: Language) -> dict[str, str]:
    # The value itself is never repeated: it may be a password.
    zh, en = _FAULTS.get(str(fault["type"]), ("取值无效", "is not valid"))
    path = [str(part) for part in fault["loc"] if part not in ("body", "query", "path", "header")]
    return {"field": ".".join(path), "message": zh if language == "zh" else en}


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    language = language_of(request.headers.get("accept-language"))
    if isinstance(error, CutShort):
        return cut_short(error, language)
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return answer(NoSuchRoute(path=request.url.path), language)
    told: GridlinkError = MethodNotAllowed() if status == 405 else InvalidRequest()
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return JSONResponse(body_of(told, language), status, headers)
