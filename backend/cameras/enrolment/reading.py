"""Devices from a table: CSV or XLSX, headers in Chinese or English.

A fault is told with the number of its row as the file counts it, the header being row 1.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from gis.cells import number_of
from video.credentials import Credentials

from ..devices import whole_address
from .sheets import TableRefused, lines_of

MOST_ROWS = 20_000
_LONGEST_CELL = 400
_MOST_CHANNELS = 1024
_HEADERS = {
    "address": "地址 ip ip地址 设备ip 设备地址 主机 onvif地址 address host url device",
    "port": "端口 端口号 http端口 onvif端口 web端口 port httpport",
    "username": "用户名 用户 账号 帐号 登录名 设备用户名 user username login account",
    "password": "密码 口令 设备密码 登录密码 password passwd pwd",
    "name": "名称 设备名称 摄像机名称 点位名称 监控点名称 name cameraname",
    "code": "编码 设备编码 国标编码 编号 设备编号 点位编号 code camera cameracode deviceid",
    "channel": "通道 通道号 通道编号 channel ch input",
    "lon": "经度 lon lng longitude",
    "lat": "纬度 lat latitude",
}
_FIELD_OF = {word: name for name, words in _HEADERS.items() for word in words.split()}
_HOST = re.compile(
    r"[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}"
)


#: Code of a row's fault -> what the person reads.
FAULTS = {
    "address.missing": ("缺少地址", "the address is missing"),
    "address.unreadable": ("地址无法识别", "the address cannot be read"),
    "address.login": ("地址中含用户名或密码，请分列填写", "give user and password apart"),
    "address.repeated": ("与第 {row} 行相同", "the same as row {row}"),
    "port.invalid": ("端口应为 1-65535", "the port must be 1 to 65535"),
    "channel.invalid": ("通道号应为 1-1024", "the channel must be 1 to 1024"),
    "place.invalid": ("经纬度超出范围", "longitude or latitude out of range"),
    "row.too_long": ("单元格过长", "a cell is too long"),
}


@dataclass(frozen=True, slots=True)
class RowRead:
    """One row: a device's address and input, and what it is called; `fault` is a key of FAULTS."""

    row_no: int
    address: str
    channel: int = 1
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    code: str | None = None
    name: str | None = None
    place: tuple[float, float] | None = None
    fault: str | None = None
    fault_row: int | None = None


class _Fault(Exception):
    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_table(raw: bytes) -> list[RowRead]:
    """Return the rows of a CSV or XLSX, faulty ones among them.

    Raises
    ------
    TableRefused
        No header with an address, an encoding nobody knows, or too large.

    """
    with closing(lines_of(raw)) as lines:
        header = next((cells for _, cells in lines if any(cell.strip() for cell in cells)), [])
        fields = [_FIELD_OF.get(_plain(cell)) for cell in header]
        if "address" not in fields:
            raise TableRefused(reason="、".join(cell[:20] for cell in header[:12]) or "-")
        rows = [_row(number, fields, cells) for number, cells in lines if any(cells)]
    if len(rows) > MOST_ROWS:
        raise TableRefused(reason=f"> {MOST_ROWS}")
    return _once(rows)


def _plain(cell: str) -> str:
    return re.sub(r"[\s_\-()（）:：*]", "", unicodedata.normalize("NFKC", cell)).casefold()


def _row(number: int, fields: list[str | None], cells: list[str]) -> RowRead:
    said = {name: cell.strip() for name, cell in zip(fields, cells, strict=False) if name}
    username, password = said.get("username", ""), said.get("password", "")
    try:
        if any(len(cell) > _LONGEST_CELL for cell in said.values()):
            raise _Fault("row.too_long")
        return RowRead(
            number,
            _address(said.get("address", ""), said.get("port", "")),
            _channel(said.get("channel", "")),
            Credentials(username, password) if username else Credentials(),
            said.get("code") or None,
            said.get("name") or None,
            _place(said.get("lon", ""), said.get("lat", "")),
        )
    except _Fault as fault:
        # The address is not repeated: what cannot be read may hold a password.
        name, code = said.get("name", "")[:_LONGEST_CELL], said.get("code", "")[:_LONGEST_CELL]
        return RowRead(number, "-", code=code or None, name=name or None, fault=fault.code)


def _address(cell: str, port: str) -> str:
    if not cell:
        raise _Fault("address.missing")
    if "@" in cell:
        raise _Fault("address.login")
    if "://" not in cell:
        authority, slash, path = cell.partition("/")
        has_port = authority.count(":") == 1 or "]:" in authority
        host = authority.rpartition(":")[0] if has_port else authority
        if not _HOST.fullmatch(host):
            raise _Fault("address.unreadable")
        if authority.count(":") > 1 and "[" not in authority:
            authority = f"[{authority}]"
        cell = f"http://{authority}{slash}{path}"
    try:
        parts = urlsplit(cell)
        stated = parts.port
    except ValueError:
        raise _Fault("address.unreadable") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(map(str.isspace, cell)):
        raise _Fault("address.unreadable")
    if port and stated is None:
        parts = parts._replace(netloc=f"{parts.netloc}:{_port(port)}")
    return whole_address(parts.geturl())


def _port(cell: str) -> int:
    number = number_of(cell)
    if number is None or number != int(number) or not 1 <= number <= 65_535:
        raise _Fault("port.invalid")
    return int(number)


def _channel(cell: str) -> int:
    if not cell:
        return 1
    number = number_of(re.sub(r"(?i)^(通道|ch(annel)?|d)\s*", "", cell))
    if number is None or number != int(number) or not 1 <= number <= _MOST_CHANNELS:
        raise _Fault("channel.invalid")
    return int(number)


def _place(lon: str, lat: str) -> tuple[float, float] | None:
    if not lon and not lat:
        return None
    x, y = number_of(lon), number_of(lat)
    if x is None or y is None or abs(x) > 180 or abs(y) > 90:
        raise _Fault("place.invalid")
    return x, y


def _once(rows: list[RowRead]) -> list[RowRead]:
    """Return the rows with every second mention of an input made a fault."""
    first: dict[tuple[str, int], int] = {}
    kept = []
    for row in rows:
        before = None if row.fault else first.setdefault((row.address, row.channel), row.row_no)
        is_second = before is not None and before != row.row_no
        kept.append(
            replace(row, credentials=Credentials(), fault="address.repeated", fault_row=before)
            if is_second
            else row
        )
    return kept
