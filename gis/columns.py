"""Which column of a file holds which field, and which columns must never be read.

Names match without regard to case, spaces and punctuation. A field knows its aliases in order of
preference; a field that `gathers` takes all of them, and each row the first that is filled.
Columns about persons are told by their name and are left in the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis.faults import FileRefused


@dataclass(frozen=True, slots=True)
class Field:
    """A field that an import knows, with the column names that mean it."""

    name: str
    aliases: tuple[str, ...]
    is_required: bool = False
    gathers: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A column taken for a field; `how` is name, alias, cut (its first 10 bytes) or option."""

    field: str
    column: str
    how: str


@dataclass(frozen=True, slots=True)
class Matching:
    """What becomes of each column of a file."""

    matched: tuple[Match, ...]
    personal: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]


#: Position columns of a table without geometry; x and y are projected as often as not, so they
#: are taken only when the user maps them.
POSITION = (
    Field("lon", ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", "point_lon")),
    Field("lat", ("lat", "latitude", "纬度", "北纬", "纬度坐标", "point_lat")),
    Field("wkt", ("wkt", "geometry", "geom", "the_geom", "几何", "wkt_geom")),
)

#: The same where the table states what its coordinates are: x east, y north.
STATED_POSITION = tuple(
    Field(field.name, (*field.aliases, *axis))
    for field, axis in zip(POSITION, (("x",), ("y",), ()), strict=True)
)

_PERSONAL_EXACT = {
    "person_name": (
        "姓名 人名 联系人 联络人 负责人 责任人 经办人 户主 业主 房主 居民 居民姓名 法人 法定代表人"
        " 网格员 网格长 楼长 巡防员 民警 责任民警 驾驶员 车主 owner owner_name ownername"
        " householder contact contact_name contact_person person person_name full_name fullname"
        " first_name last_name surname given_name resident resident_name responsible manager_name"
        " officer driver"
    ),
    "phone": (
        "电话 手机 手机号 电话号码 联系电话 联系方式 办公电话 座机 传真 phone phone_no phone_number"
        " tel telephone telno mobile mobile_no mobile_phone cell cellphone fax contact_phone"
    ),
    "identity": (
        "身份证 身份证号 证件号 证件号码 护照 护照号 公民身份号码 社保号 id_card idcard id_no idno"
        " identity identity_no passport passport_no ssn social_security national_id sfz sfzh"
    ),
    "plate": "车牌 车牌号 车牌号码 号牌 号牌号码 plate plate_no plate_number license_plate cphm",
    "contact": "邮箱 电子邮箱 电子邮件 微信 微信号 qq qq号 email e_mail mail wechat weixin",
    "person": (
        "性别 民族 出生日期 生日 年龄 人脸 指纹 照片 宗教 政治面貌 婚姻状况 gender sex birthday"
        " birth_date birthdate date_of_birth dob age face face_id fingerprint ethnicity religion"
    ),
}
#: Parts that give a longer Chinese column name away: 负责人姓名, 责任人手机号, 房主身份证号.
_PERSONAL_PART = {
    "identity": ("身份证", "证件号"),
    "phone": ("手机", "电话", "联系方式"),
    "plate": ("车牌", "号牌"),
    "person_name": ("姓名", "联系人", "负责人", "责任人", "户主", "车主", "法人", "网格员姓名"),
    "contact": ("邮箱", "微信"),
    "person": ("出生日期", "人脸", "指纹"),
}
#: Things, not persons, although a telling part occurs in their name.
_THINGS = re.compile(r"(电话亭|公用电话|手机信号|手机店|法人单位|电话局|车牌识别)")
#: English endings of the same kind: owner_phone, driver_mobile, contact_email.
_PERSONAL_ENDING = {
    "phone": ("phone", "phone_no", "mobile", "telephone", "tel"),
    "contact": ("email", "wechat"),
    "person_name": ("owner_name", "contact_name", "person_name", "resident_name"),
    "identity": ("id_card", "passport"),
    "plate": ("license_plate", "plate_no"),
}


def match_columns(
    columns: Sequence[str], fields: Sequence[Field], overrides: Mapping[str, str]
) -> Matching:
    """What each column is taken for.

    Parameters
    ----------
    columns : sequence of str
        Names as the file has them.
    fields : sequence of Field
        What the import knows.
    overrides : mapping of field name to column name
        The user's own choice; wins over every alias, but never opens a personal column.

    Raises
    ------
    FileRefused
        ``columns.unknown_field`` or ``columns.no_such_column`` for an override that fits nothing,
        ``columns.personal`` for one that asks for a personal column, ``columns.required`` when no
        column holds a field that must be there.

    """
    personal = [(name, reason) for name in columns if (reason := personal_reason(name))]
    open_names = [name for name in columns if name not in dict(personal)]
    chosen = _chosen(overrides, fields, columns, dict(personal))
    taken = {match.column for match in chosen}
    done = {match.field for match in chosen}
    matched = list(chosen)
    for field in fields:
        if field.name not in done:
            found = _by_alias(field, [name for name in open_names if name not in taken])
            matched += found
            taken |= {match.column for match in found}
    matched += _by_beginning(fields, matched, [name for name in open_names if name not in taken])
    taken |= {match.column for match in matched}
    held = {match.field for match in matched}
    for field in fields:
        if field.is_required and field.name not in held:
            raise FileRefused("columns.required", field=field.name, known=", ".join(open_names))
    ignored = tuple(name for name in open_names if name not in taken)
    return Matching(tuple(matched), tuple(personal), ignored)


def personal_reason(column: str) -> str | None:
    """Kind of personal content that a column's name announces, or None.

    One of person_name, phone, identity, plate, contact, person. A bare ``name`` or 名称 names a
    place; ``telephone_pole`` is a thing. A .dbf cuts names at 10 bytes: 联系电 is 联系电话.
    """
    name = _folded(column)
    is_cut = _may_be_cut(column)
    for reason, words in _PERSONAL_EXACT.items():
        folded = {_folded(word) for word in words.split()}
        if name in folded or (is_cut and any(word.startswith(name) for word in folded)):
            return reason
    if _THINGS.search(name):
        return None
    for reason, parts in _PERSONAL_PART.items():
        if any(part in name for part in parts):
            return reason
    snake = re.sub(r"[^a-z0-9]+", "_", column.casefold()).strip("_")
    for reason, endings in _PERSONAL_ENDING.items():
        if any(snake.endswith("_" + ending) for ending in endings):
            return reason
    return None


def _may_be_cut(column: str) -> bool:
    """True when a name is as long as a .dbf lets names be, less the rest of a character."""
    lengths = (len(column.encode(name, errors="replace")) for name in ("utf-8", "gb18030"))
    return any(length == 10 or (length == 9 and not column.isascii()) for length in lengths)


def _folded(name: str) -> str:
    """The letters and digits of a name, full-width forms and case made one."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def _chosen(
    overrides: Mapping[str, str],
    fields: Sequence[Field],
    columns: Sequence[str],
    personal: Mapping[str, str],
) -> list[Match]:
    known = {field.name for field in fields}
    by_fold = {_folded(name): name for name in columns}
    chosen = []
    for field, wished in overrides.items():
        if field not in known:
            raise FileRefused("columns.unknown_field", field=field, known=", ".join(sorted(known)))
        column = wished if wished in columns else by_fold.get(_folded(wished))
        if column is None:
            raise FileRefused("columns.no_such_column", column=wished, known=", ".join(columns))
        if column in personal:
            raise FileRefused("columns.personal", column=column, field=field)
        chosen.append(Match(field, column, "option"))
    return chosen


def _by_beginning(
    fields: Sequence[Field], matched: Sequence[Match], columns: Sequence[str]
) -> list[Match]:
    """Columns whose names a .dbf has cut at 10 bytes: azimuth_de is azimuth_deg.

    Only what fits one field alone, and only a field that no whole name fits.
    """
    held = {match.field for match in matched}
    found: list[Match] = []
    for column in filter(_may_be_cut, columns):
        start = _folded(column)
        fitting = [
            field.name
            for field in fields
            if any(_folded(alias).startswith(start) for alias in (field.name, *field.aliases))
        ]
        if len(fitting) == 1 and fitting[0] not in held:
            held.add(fitting[0])
            found.append(Match(fitting[0], column, "cut"))
    return found


def _by_alias(field: Field, columns: Sequence[str]) -> list[Match]:
    by_fold: dict[str, str] = {}
    for name in columns:
        by_fold.setdefault(_folded(name), name)
    found = []
    for alias in (field.name, *field.aliases):
        column = by_fold.pop(_folded(alias), None)
        if column is not None:
            how = "name" if _folded(alias) == _folded(field.name) else "alias"
            found.append(Match(field.name, column, how))
            if not field.gathers:
                break
    return found
