"""The sentences behind the codes of an import: what, why, and what to do, in both languages."""

from typing import Any

from ..errors import Language
from .sentences import FILES, READING, Sentences

_ROWS: dict[str, Sentences] = {
    "geometry.missing": ("没有图形", "has no shape", "补上图形或坐标", "add its shape or position"),
    "geometry.empty": ("图形为空", "its shape is empty", "补上图形", "draw it"),
    "geometry.unreadable": (
        "图形或坐标无法读取",
        "its shape or position cannot be read",
        "检查坐标的写法",
        "check how the coordinates are written",
    ),
    "geometry.wrong_kind": (
        "图形类型是 {found}，与要导入的种类不符",
        "its shape is a {found}, which this kind cannot be",
        "检查是否选错了图层或种类",
        "check the layer and the kind of import",
    ),
    "geometry.many_points": (
        "一行有多个点",
        "it has several points",
        "拆成多行",
        "split it into rows",
    ),
    "geometry.too_many_vertices": (
        "顶点数 {found} 过多",
        "it has {found} vertices, too many",
        "简化图形",
        "simplify it",
    ),
    "geometry.not_finite": (
        "坐标含 NaN 或无穷",
        "a coordinate is NaN or infinite",
        "改正坐标",
        "correct the coordinates",
    ),
    "geometry.antimeridian": (
        "图形跨越 180° 经线",
        "it crosses the antimeridian",
        "沿 180° 切开",
        "cut it at 180 degrees",
    ),
    "geometry.no_length": ("线没有长度", "the line has no length", "改正或删除", "correct it"),
    "geometry.tangled": (
        "多边形（{found} 个顶点）自相交过多，限时内无法修复",
        "the polygon ({found} vertices) crosses itself too often to mend in time",
        "在制图软件中重画",
        "draw it again",
    ),
    "geometry.vanished": (
        "修复后没有面积",
        "nothing is left of it once mended",
        "重画该多边形",
        "draw it again",
    ),
    "geometry.changed": (
        "修复会使面积改变 {percent}%，形状有歧义",
        "mending would change its area by {percent} %: its shape is ambiguous",
        "在制图软件中改正",
        "correct it by hand",
    ),
    "geometry.unmendable": (
        "多边形无效且无法修复",
        "the polygon is invalid and cannot be mended",
        "在制图软件中重画",
        "draw it again",
    ),
    "coordinate.out_of_range": (
        "坐标超出范围",
        "its coordinates are out of range",
        "检查经纬度是否颠倒或坐标系是否正确",
        "check the order of lon and lat, and the system",
    ),
    "coordinate.zero": (
        "经纬度为 0, 0，等于没有坐标",
        "its position is 0, 0, which is none",
        "填写真实坐标",
        "give its real position",
    ),
    "value.missing": ("{field} 为空", "{field} is empty", "填写 {field}", "fill in {field}"),
    "value.not_a_number": (
        "{field} 的值“{found}”不是数字",
        "{field} is {found}, no number",
        "改为数字或留空",
        "write a number, or leave it blank",
    ),
    "value.out_of_range": (
        "{field} 的值 {found} 不在 {low} 到 {high} 之间",
        "{field} is {found}, not within {low} to {high}",
        "改正或留空",
        "correct it, or leave it blank",
    ),
    "value.too_long": (
        "{field} 有 {found} 个字，超过上限 {limit}",
        "{field} has {found} characters, the limit is {limit}",
        "缩短文字，或检查列是否错位",
        "shorten it, or check whether columns have slipped",
    ),
    "value.duplicate": (
        "{field} “{found}” 与第 {first} 行重复",
        "{field} {found} repeats row {first}",
        "使编码唯一",
        "make it unique",
    ),
    "value.unknown": (
        "{field} 的值“{found}”不认识",
        "{field} is {found}, which is not known",
        "改为 {known} 之一",
        "write one of {known}",
    ),
    "outline.no_place": (
        "没有名称或编码为“{other}”的地点",
        "there is no place of the name or code {other}",
        "先导入地点，或改正名称、编码",
        "import the places first, or correct it",
    ),
    "outline.many_places": (
        "有多个地点叫“{other}”",
        "several places are called {other}",
        "改用编码，或使名称唯一",
        "give the code, or make the name unique",
    ),
    "restricted.no_consent": (
        "禁设区域填了同意文件“{found}”",
        "a forbidden area names the document {found}",
        "禁设区域没有同意可言（《条例》第八条）：删去文号，或把类型改为征求同意",
        "nothing opens a forbidden area (Order 799 Art. 8): remove it, or change the kind",
    ),
    "restricted.forbidden": (
        "位于禁设区域“{other}”内",
        "it stands in the forbidden area {other}",
        "《条例》第八条禁止在此安装摄像机：另选位置",
        "Order 799 Art. 8 forbids cameras there: choose another position",
    ),
    "restricted.consent_missing": (
        "位于须先征求同意的范围“{other}”内，未见同意文件",
        "it stands in {other}, where consent is needed first and none is on file",
        "先取得同意，并在该区域登记文号（《条例》第十条）",
        "obtain consent and enter its document on the area (Order 799 Art. 10)",
    ),
    "code.not_division": (
        "“{found}”不是 2、4、6、9 或 12 位区划代码",
        "{found} is no division code of 2, 4, 6, 9 or 12 digits",
        "改正代码，或用 --map code=列名 另选一列",
        "correct it, or choose another column with --map code=COLUMN",
    ),
    "code.in_other_set": (
        "代码已在数据集 {other} 中使用",
        "its code is in force in the set {other}",
        "用 --set {other} 替换那一套",
        "replace that set with --set {other}",
    ),
    "division.outside": (
        "不在您的辖区内",
        "it lies outside your jurisdiction",
        "请由上级导入",
        "ask a higher level to import it",
    ),
}
_PERSONAL = {
    "person_name": ("人员姓名", "names of persons"),
    "phone": ("电话号码", "telephone numbers"),
    "identity": ("证件号码", "identity numbers"),
    "plate": ("车牌号码", "number plates"),
    "contact": ("联系方式", "contacts of persons"),
    "person": ("个人特征", "traits of persons"),
}


def reason_and_todo(code: str, detail: dict[str, Any], language: Language) -> tuple[str, str]:
    """Return the two sentences of a code, with its details filled in."""
    sentences = FILES.get(code) or READING.get(code) or _ROWS[code]
    at = 0 if language == "zh" else 1
    known = _Known(detail)
    return sentences[at].format_map(known).rstrip(), sentences[at + 2].format_map(known)


def about_personal(kind: str, language: Language) -> str:
    """Return why a column was left out."""
    zh, en = _PERSONAL[kind]
    if language == "zh":
        return f"含{zh}，属个人信息，未读取：本系统只记地点和事件"
    return f"holds {en}; not read: this system keeps places and incidents, never persons"


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"
