"""Why a head is not turned: errors of a request, and the same words for rows of an answer."""

from video.errors import CredentialsRejected, DeviceError

from ...errors import Conflict, Language, NotFound, Refused


class NoHead(Refused):
    code = "ptz.no_head"
    zh = "摄像机“{name}”没有可控云台。"
    en = "Camera {name} has no head that can be turned."


class HeadFailed(Refused):
    code = "ptz.failed"
    zh = "“{name}”的云台未执行指令（{device_code}）：请检查设备后再试，指令不会自动重发。"
    en = "The head of {name} did not obey ({device_code}): check the device; nothing is sent twice."


class Held(Conflict):
    code = "ptz.locked"
    zh = "云台正由 {holder_name} 控制，还有 {seconds} 秒；优先级更高者可接管。"
    en = "{holder_name} turns this head, for {seconds} more seconds; a higher priority takes over."


class IntoForbidden(Refused):
    code = "ptz.forbidden_area"
    zh = "该画面会进入禁设区域“{area}”（《条例》第八条），即使放大也避不开：已拒绝。"
    en = "The picture would reach into the forbidden area {area} (Order 799 Art. 8), at any zoom."


class IntoMask(Refused):
    code = "ptz.masked_sector"
    zh = "该画面会进入遮挡扇区“{area}”：已拒绝。"
    en = "The picture would reach into the masked sector {area}."


class WayForbidden(Refused):
    code = "ptz.way_forbidden"
    zh = "转过去的途中画面会扫过“{area}”（禁设区域或遮挡扇区），绕不开：已拒绝。"
    en = (
        "On its way there the picture would sweep over {area}, forbidden or masked, and no way"
        " leads round it."
    )


class DirectionUnknown(Refused):
    code = "ptz.direction_unknown"
    zh = "云台当前指向未知，而附近有禁设区域或遮挡扇区：请先校准，或改用已标方位的预置位。"
    en = (
        "Nobody knows where this head looks, and a forbidden area or masked sector is near:"
        " calibrate it, or use a preset whose angles are stated."
    )


class OutOfReach(Refused):
    code = "ptz.out_of_reach"
    zh = "云台转不到该方向。"
    en = "The head cannot turn that far."


class NoWay(Refused):
    code = "ptz.no_way"
    zh = "云台未校准，也没有能看到该处的预置位。"
    en = "The head is not calibrated, and none of its presets shows the place."


class Moving(Conflict):
    code = "ptz.moving"
    zh = "云台仍在转动：请等它停稳后再读取位置。"
    en = "The head is still moving: wait until it stands."


class NoPosition(Refused):
    code = "ptz.no_position"
    zh = "“{name}”的云台不报告自身位置，无法校准：请为预置位填写方位。"
    en = "The head of {name} tells no position and cannot be calibrated: state its presets' angles."


class TooShort(Refused):
    code = "ptz.too_short"
    zh = "巡航至少要有两个本机预置位。"
    en = "A tour needs two presets of this camera at least."


class PurposeOver(Refused):
    code = "ptz.stream_over"
    zh = "该画面已关闭或不属于此摄像机：请重新打开画面后再操作。"
    en = "That picture is closed, or is not of this camera: open it again."


class HomeMissing(NotFound):
    code = "ptz.no_home"
    zh = "未设置看守位：请先选定一个预置位。"
    en = "No home view is set: choose a preset first."


#: Reasons of rows that no request raises.
_WORDS: dict[str, tuple[str, str]] = {
    "ptz.blocked": ("视线被遮挡。", "The line of sight is blocked."),
    "ptz.too_far": ("超出变焦可及的距离。", "Beyond what its zoom can show."),
    "ptz.dead": ("摄像机离线。", "The camera is dead."),
    "ptz.view_fault": ("画面异常，待确认。", "Its view is in doubt and waits for confirmation."),
    "ptz.not_enrolled": ("未接入设备。", "No device is enrolled."),
}


def words(code: str, language: Language) -> str:
    """Return the sentence of a reason that only rows carry."""
    zh, en = _WORDS[code]
    return zh if language == "zh" else en


def failed(name: str, error: DeviceError) -> HeadFailed:
    """Return a device's failure as an error of the API; it never holds user info."""
    return HeadFailed(name=name, device_code=error.code)


def is_rejection(error: DeviceError) -> bool:
    """Return whether the login was refused: nothing more may be sent with it."""
    return isinstance(error, CredentialsRejected)
