"""An inspection in words: what each reading is, what speaks for it, and what to do now."""

from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.looking import FileLook
from gis.readings import Reading
from gis.totals import Total
from gis.verdicts import SURE, Candidate, Evidence, Verdict

from ..errors import Language

_SYSTEMS = {
    "wgs84": ("WGS-84 / CGCS2000 经纬度", "WGS 84 / CGCS2000 degrees"),
    "cgcs2000": ("WGS-84 / CGCS2000 经纬度", "WGS 84 / CGCS2000 degrees"),
    "gcj02": ("GCJ-02 经纬度（高德、腾讯）", "GCJ-02 degrees (AMap, Tencent)"),
    "bd09": ("BD-09 经纬度（百度）", "BD-09 degrees (Baidu)"),
    "web": ("Web 墨卡托（EPSG:3857）", "Web Mercator (EPSG:3857)"),
    "gcj02web": ("GCJ-02 的 Web 墨卡托", "Web Mercator of GCJ-02"),
    "gcj02mc": ("GCJ-02 的百度墨卡托", "Baidu's metres of GCJ-02"),
    "bd09mc": ("百度墨卡托（BD09MC）", "Baidu's metres (BD09MC)"),
}
_MODIFIERS = {
    "swapped": ("，两轴颠倒", ", axes swapped"),
    "ft": ("，国际英尺", ", international feet"),
    "usft": ("，美制测量英尺", ", US survey feet"),
    "packed": ("，度分秒连写（DDDMMSS）", ", packed as DDDMMSS"),
    "dotted": ("，度.分秒（DDD.MMSS）", ", packed as DDD.MMSS"),
    "minutes": ("，度分连写（DDDMM.m）", ", packed as DDDMM.m"),
}
_LAYERS = {
    "roads": ("道路", "roads"),
    "buildings": ("建筑轮廓", "outlines of buildings"),
    "divisions": ("行政区划界线", "borders of divisions"),
    "grids": ("网格界线", "borders of grids"),
    "places": ("地点", "places"),
}
_DOUBTS = {
    "": (
        "可以采用：{top}，把握 {percent}%。",
        "This can be taken: {top}, {percent} % sure.",
    ),
    "nothing_known": (
        "库中在这些坐标所及之处没有可对照的道路、建筑、界线或地点，无法鉴定。",
        "Nothing is held of any place these numbers could mean: there is nothing to judge by.",
    ),
    "no_evidence": (
        "文件与已有数据的吻合程度不高于偶然，不能确定坐标系。",
        "The file fits what is held no better than chance would: the system cannot be told.",
    ),
    "too_close": (
        "最可能的是 {top}（{percent}%），但低于采用的界限 {sure}%，不能确定。",
        "{top} is likeliest ({percent} %), below the {sure} % from which one is taken.",
    ),
    "mixed": (
        "多数行像 {top}，但另有不少行按别的读法才对得上，文件可能混用了几种坐标。",
        "Most rows seem to be {top}, yet not a few fit another way to read them:"
        " the file may mix several.",
    ),
    "offset": (
        "最接近 {top}，但整体仍偏离已有数据 {offset} 米，可能是另一种坐标系。",
        "{top} comes closest, and yet the whole lies {offset} m beside what is held:"
        " it may be another system.",
    ),
}
_ASK = ("请对照证据与地图，人工选定一种。", "Compare evidence and map, and choose one by hand.")


def title_of(reading: Reading, language: Language) -> str:
    """What a reading is, in words."""
    at = 0 if language == "zh" else 1
    words = _SYSTEMS[reading.system][at] if reading.system in _SYSTEMS else _name(reading.system)
    units = () if reading.unit == "m" else (reading.unit,)
    marks = (
        *(("swapped",) if reading.is_swapped else ()),
        *units,
        *filter(None, (reading.packing,)),
    )
    return words + "".join(_MODIFIERS[mark][at] for mark in marks)


def _name(system: str) -> str:
    try:
        return f"{system.upper()} {CRS.from_user_input(system).name}"
    except CRSError:
        return system.upper()


def verdict_words(verdict: Verdict, language: Language) -> tuple[str, str]:
    """What the inspection comes to, and what to do."""
    at = 0 if language == "zh" else 1
    top = verdict.ranked[0] if verdict.ranked else None
    offset = (0.0, 0.0) if top is None or top.offset_m is None else top.offset_m
    reason = _DOUBTS[verdict.doubt][at].format(
        top=title_of(top.suspect.reading, language) if top else "",
        percent=percent_of(top.confidence) if top else "0",
        sure=round(SURE * 100),
        offset=round(_offset_m(top, offset)),
    )
    return reason, "" if verdict.is_sure else _ASK[at]


def _offset_m(top: Candidate | None, offset: tuple[float, float]) -> float:
    names = [one.score for one in top.evidence if one.kind == "same_name"] if top else []
    found = float((offset[0] ** 2 + offset[1] ** 2) ** 0.5)
    return found or max(names, default=0.0)


def percent_of(confidence: float) -> str:
    """A confidence as a percentage; 0.9995, the most there is, shows as 99.9."""
    return f"{int(confidence * 1000.0) / 10.0:.1f}"


def evidence_words(one: Evidence, language: Language) -> str:
    """One comparison as a sentence, with its numbers."""
    is_zh = language == "zh"
    chance = _chance(one.log_p, language)
    if one.kind == "same_name":
        if is_zh:
            return (
                f"{one.layer} 列有 {one.count} 行与已有地点同名或同码，"
                f"位置相差 {one.score:.0f} 米（中位数）；{chance}"
            )
        return (
            f"{one.count} rows share a name or code of column {one.layer} with what is held,"
            f" {one.score:.0f} m apart (median); {chance}"
        )
    share, usual = f"{one.score * 100:.0f}", f"{one.by_chance * 100:.0f}"
    if one.kind == "in_division":
        if is_zh:
            return (
                f"{one.layer} 列的区划代码：{one.count} 行中 {share}% 落在代码所指的区划内，"
                f"随意挪动时为 {usual}%；{chance}"
            )
        return (
            f"Division codes of column {one.layer}: {share} % of {one.count} rows lie in the"
            f" division named, {usual} % when moved at random; {chance}"
        )
    layer = _LAYERS.get(one.layer, (one.layer, one.layer))[0 if is_zh else 1]
    if is_zh:
        return (
            f"与{layer}的吻合度 {share}%（尺度 {one.scale_m:.0f} 米，{one.count} 个点），"
            f"随意挪动时为 {usual}%；{chance}"
        )
    return (
        f"Lies on {layer} to {share} % (at {one.scale_m:.0f} m, {one.count} points),"
        f" to {usual} % when moved at random; {chance}"
    )


def _chance(log_p: float, language: Language) -> str:
    """How rare that is by chance; evidence of all looks at this reading together is weaker."""
    exponent = int(-log_p / 2.302585)
    if exponent < 1:
        return "不足为据" if language == "zh" else "which says nothing"
    if exponent > 9:
        return "偶然几无可能" if language == "zh" else "hardly ever by chance"
    odds = 10**exponent
    return f"偶然不到 1/{odds:,}" if language == "zh" else f"by chance less than 1 in {odds:,}"


def total_words(total: Total, language: Language) -> str:
    """A stated sum that does not add up, as a sentence."""
    stated, parts = _plain(total.stated), _plain(total.parts)
    if language == "zh":
        return f"第 {total.row} 行 {total.column}：所列合计 {stated}，各项相加为 {parts}"
    return (
        f"Row {total.row}, {total.column}: the total stated is {stated}, the parts add to {parts}"
    )


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() else f"{number:g}"


def stated_words(look: FileLook, language: Language) -> str | None:
    """What the file itself says of its system; None when nothing."""
    if look.crs is None:
        return None
    try:
        crs = CRS.from_user_input(look.crs)
        epsg = crs.to_epsg(min_confidence=60)
    except CRSError:
        return look.crs[:80]
    name: Any = crs.name
    return f"EPSG:{epsg} {name}" if epsg else str(name)
