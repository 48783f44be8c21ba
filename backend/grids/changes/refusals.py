"""Why a change of grids is refused."""

from gis.errors import GridEditError

from ...errors import Conflict, InvalidField, Refused

_WHY = {
    "does_not_cut": (
        "这条线没有穿过网格，请画到边界以外。",
        "The line does not cut the grid: draw it beyond the border.",
    ),
    "sliver": (
        "会切出不足 1 平方米的碎屑，请移动这条线。",
        "A part would be smaller than 1 m2: move the line.",
    ),
    "not_neighbours": (
        "这些网格没有公共边界，不能合并。",
        "These grids have no common border and cannot be joined.",
    ),
    "one_side_empty": (
        "新边界使其中一个网格没有土地，请改用合并。",
        "The new border leaves one of the grids without ground: merge them instead.",
    ),
    "not_sound": (
        "图形自相交或没有面积，请重新绘制。",
        "The outline crosses itself or has no ground: draw it again.",
    ),
}


class EditRefused(Refused):
    code = "grids.edit_refused"
    zh = "第 {operation} 步无法执行：{why_zh}"
    en = "Step {operation} cannot be carried out: {why_en}"


class GridsChanged(Conflict):
    code = "grids.changed"
    zh = "网格 {ids} 已不再有效（已被其他变更单改动），请重新读取后再编辑。"
    en = "Grids {ids} are no longer in force; somebody changed them: read them again and redraw."


class StaleChange(Conflict):
    code = "grids.stale_version"
    zh = "变更单“{title}”已在别处被修改（当前版本 {version}），请重新读取。"
    en = "Change set {title} was changed elsewhere (now version {version}): read it again."


class NotPlanned(Conflict):
    code = "grids.not_planned"
    zh = "变更单“{title}”已生效或已撤回，属于记录，不能再改。"
    en = "Change set {title} has been applied or reverted; it is a record and stays as it is."


class NotApplied(Conflict):
    code = "grids.not_applied"
    zh = "变更单“{title}”没有处于生效状态，无可撤回。"
    en = "Change set {title} is not in force: there is nothing to revert."


class ChangedSince(Conflict):
    code = "grids.changed_since"
    zh = "网格 {codes} 在此之后又有变更，请先撤回后来的变更单。"
    en = "Grids {codes} were changed again since: revert the later change set first."


class CodeTaken(Conflict):
    code = "grids.code_taken"
    zh = "编码 {codes} 已被本数据集的其他网格使用，请另选。"
    en = "Codes {codes} belong to other grids of the set: choose others."


class Unsound(Conflict):
    code = "grids.unsound"
    zh = "变更会产生重叠或缝隙：{codes}，{area_m2} 平方米。请先预览并修改。"
    en = "The change would leave an overlap or a gap: {codes}, {area_m2} m2. Preview and mend it."


class NoCodes(InvalidField):
    code = "grids.no_codes"
    zh = "编码规则“{layout}”没有足够的可用序号，请检查设置或手工填写编码。"
    en = "The layout {layout} has not so many free serials: check the setting, or give codes."


class PartsMisfit(InvalidField):
    code = "grids.parts_misfit"
    zh = "这条线切出 {found} 块，却给了 {given} 个名称。"
    en = "The line makes {found} parts, and {given} were named."


class PlannedForPast(InvalidField):
    code = "grids.planned_for_past"
    zh = "计划日期 {planned_for} 已过去，请选择今天或以后。"
    en = "The day planned for, {planned_for}, has passed: choose today or a later one."


class OutsideJurisdiction(InvalidField):
    code = "grids.outside_jurisdiction"
    zh = "新网格不在您的辖区内。"
    en = "The new grid lies outside your jurisdiction."


def refused(error: GridEditError, operation: int) -> EditRefused:
    """Return the refusal of one operation (counted from 1) that the geometry does not allow."""
    zh, en = _WHY.get(error.reason, _WHY["not_sound"])
    is_placed = error.lon == error.lon
    place = {"lon": round(error.lon, 7), "lat": round(error.lat, 7)} if is_placed else {}
    return EditRefused(
        operation=operation, reason=error.reason, why_zh=zh, why_en=en, field="operations", **place
    )
