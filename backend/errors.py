"""The error tree and the one table that maps it to HTTP.

    GridlinkError
    ├── Refused            422  the request is understood and cannot be done as it stands
    │   └── InvalidField   422  one field is at fault
    ├── Malformed          400  a standard asks for this status where a query cannot be read
    ├── NotSignedIn        401
    ├── NotAllowed         403
    ├── NotFound           404  absent, or outside the caller's jurisdiction: the same answer
    ├── Conflict           409
    ├── TooLarge           413
    ├── TooMany            429
    ├── Unavailable        503
    └── Misconfigured      500  an installation's fault, told to whoever runs a command

A subclass states its `code` and one sentence in each language: what, where, why, and what to do.
Details are keyword arguments; they fill the sentence and travel in `detail`.
"""

from http import HTTPStatus
from typing import Any, ClassVar, Literal

Language = Literal["zh", "en"]


class GridlinkError(Exception):
    """Root of all errors a caller may see."""

    code: ClassVar[str] = "error"
    zh: ClassVar[str] = "操作未完成。"
    en: ClassVar[str] = "The operation was not completed."

    def __init__(self, **detail: Any) -> None:
        self.detail = detail
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """Return the message in `language`, with the details filled in."""
        return (self.zh if language == "zh" else self.en).format_map(_Known(self.detail))


class _Known(dict[str, Any]):
    """A detail that was not given leaves a visible gap instead of raising inside an error."""

    def __missing__(self, key: str) -> str:
        return "?"


class Refused(GridlinkError):
    code = "refused"
    zh = "请求无法执行：{reason}"
    en = "The request cannot be carried out: {reason}"


class InvalidField(Refused):
    code = "field.invalid"
    zh = "字段 {field} 无效：{reason}"
    en = "Field {field} is not valid: {reason}"


class Malformed(GridlinkError):
    code = "query.malformed"
    zh = "查询参数 {field} 无效：{reason}"
    en = "The query parameter {field} is not valid: {reason}"


class NotSignedIn(GridlinkError):
    challenge: ClassVar[str] = "Bearer"
    """What may be presented instead, as `WWW-Authenticate` names it."""
    code = "session.required"
    zh = "尚未登录或登录已过期，请重新登录。"
    en = "You are not signed in, or the session has ended: sign in again."


class NotAllowed(GridlinkError):
    code = "rights.missing"
    zh = "当前账号没有此权限（{right}），请联系管理员。"
    en = "This account lacks the right {right}: ask an administrator."


class NotFound(GridlinkError):
    code = "not_found"
    zh = "未找到该对象，或不在您的辖区内。"
    en = "There is no such object, or it lies outside your jurisdiction."


class Conflict(GridlinkError):
    code = "conflict"
    zh = "与现有数据冲突：{reason}"
    en = "This conflicts with what is stored: {reason}"


class TooLarge(GridlinkError):
    code = "body.too_large"
    zh = "内容超过上限 {limit_bytes} 字节，请拆分后再上传。"
    en = "The body exceeds the limit of {limit_bytes} bytes: split it and try again."


class TooMany(GridlinkError):
    code = "too_many"
    zh = "操作过于频繁，请 {retry_after_s} 秒后再试。"
    en = "Too many attempts: try again in {retry_after_s} seconds."


class Unavailable(GridlinkError):
    code = "unavailable"
    zh = "服务暂不可用（{part}），系统正在自动恢复，请稍候重试。"
    en = "{part} is not available at the moment; it recovers by itself, try again shortly."


class Misconfigured(GridlinkError):
    code = "misconfigured"
    zh = "配置有误：{reason}"
    en = "This installation is not set up right: {reason}"


#: Type -> status; the nearest ancestor listed here decides.
STATUS: dict[type[GridlinkError], HTTPStatus] = {
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Malformed: HTTPStatus.BAD_REQUEST,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
    GridlinkError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: GridlinkError) -> HTTPStatus:
    """Return the HTTP status of the nearest listed ancestor."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(error: GridlinkError, language: Language) -> dict[str, Any]:
    """Return the error as the API's one error shape."""
    message = error.sentence(language)
    field = error.detail.get("field")
    fields = [{"field": field, "message": message}] if field else []
    return {
        "error": {
            "code": error.code,
            "message": message,
            "fields": fields,
            "detail": {k: v for k, v in error.detail.items() if k != "field"},
        }
    }
