"""The question of the outer gateway, answered to it alone."""

from base64 import b64decode
from ipaddress import ip_address, ip_network

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from ...accounts.access import right
from ...db import begin
from ...errors import NotFound, Refused
from ...settings import load
from . import admission, paths


class NoQuestion(Refused):
    code = "media.no_question"
    zh = "请求不是转发服务的读取询问。"
    en = "This is no question of the outer gateway."


router = APIRouter(prefix="/api/media", tags=["media"])


@router.post("/authorise", response_class=Response, **right("public"))
async def authorise(request: Request) -> Response:
    """Whether the outer gateway may serve a reader: 204 yes, 401 no.

    Asked by MediaMTX with its password (`authHTTPAddress: http://gridlink:SECRET@host/...`), from
    the networks it stands in. To anybody else this address does not exist: the body of a stranger
    is not even read.
    """
    if not (paths.is_used() and _is_gateway(request)):
        raise NotFound()
    try:
        question = admission.Question.model_validate_json(await request.body())
    except ValidationError as fault:
        raise NoQuestion() from fault
    is_admitted = await run_in_threadpool(_admits, question)
    return Response(status_code=204 if is_admitted else 401)


def _admits(question: admission.Question) -> bool:
    with begin() as session:
        return admission.admits(session, question)


def _is_gateway(request: Request) -> bool:
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if not any(address in ip_network(net) for net in load().media.mediamtx_networks):
        return False
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        _, _, password = b64decode(token, validate=True).decode().partition(":")
    except ValueError:
        return False
    return kind.lower() == "basic" and admission.is_secret(password)
