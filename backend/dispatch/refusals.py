"""What dispatch refuses, each with what to do about it."""

from ..errors import Conflict, InvalidField, NotAllowed


class StaleVersion(Conflict):
    code = "dispatch.stale_version"
    zh = "已被他人更新（当前版本 {version}），请查看最新内容后重试。"
    en = "Somebody changed this meanwhile (now version {version}): look and try again."


class StepRefused(Conflict):
    code = "dispatch.step_refused"
    zh = "当前状态为 {state}，不能执行 {act}，请查看最新内容。"
    en = "What is {state} cannot take the act {act}: look at it as it is now."


class AlreadyOffered(Conflict):
    code = "dispatch.already_offered"
    zh = "{name} 已在该任务中，不能重复派单。"
    en = "{name} is on this task already."


class KeyUsedOtherwise(Conflict):
    code = "dispatch.key_used"
    zh = "该幂等键已用于另一个请求，请换用新的键。"
    en = "This idempotency key named another request before: use a new one."


class TaskEnded(Conflict):
    code = "dispatch.task_ended"
    zh = "任务已结束（{state}），不能再操作。"
    en = "The task has ended ({state}): nothing more can be done with it."


class StillOpen(Conflict):
    code = "dispatch.still_open"
    zh = "还有 {count} 个力量或部门未完成，请先完成或撤回。"
    en = "{count} units or departments are still on it: finish or withdraw them first."


class ActNotAllowed(NotAllowed):
    code = "dispatch.act_not_allowed"
    zh = "您的角色不能执行 {act}，请联系值班长。"
    en = "Your role may not {act} here: ask the shift lead."


class TextMissing(InvalidField):
    code = "dispatch.text_missing"
    zh = "{act} 必须填写说明：拒接写原因，完成写结果。"
    en = "The act {act} needs words: why it is refused, or what came of it."


class Unknown(InvalidField):
    code = "dispatch.unknown"
    zh = "找不到 {wanted}，或不在您的辖区内，请从列表中选择。"
    en = "There is no {wanted}, or it lies outside your jurisdiction: choose from the list."


class OffDuty(InvalidField):
    code = "dispatch.off_duty"
    zh = "{name} 不在班，请先安排上班或另选力量。"
    en = "{name} is off duty: put it on duty first, or choose another unit."


class OutsideJurisdiction(InvalidField):
    code = "dispatch.outside_jurisdiction"
    zh = "该地点不在您的辖区内，请转所属辖区派单。"
    en = "The place lies outside your jurisdiction: pass it on to the one it belongs to."


class TitleMissing(InvalidField):
    code = "dispatch.title_missing"
    zh = "请填写任务名称，或从事件、预警派单。"
    en = "The task has no title: give one, or start from an incident or an alert."


class WrongPhotograph(InvalidField):
    code = "dispatch.wrong_photograph"
    zh = "照片 {photograph_id} 不属于这次派单，请重新上传。"
    en = "Photograph {photograph_id} does not belong to this assignment: upload it again."


class SubjectMissing(InvalidField):
    code = "dispatch.subject_missing"
    zh = "照片须属于一次派单、一个任务或一个事件，请指明。"
    en = "A photograph belongs to an assignment, a task or an incident: say to which."
