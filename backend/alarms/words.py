"""What each kind of alarm is called."""

from collections.abc import Mapping

KIND_WORDS: Mapping[str, Mapping[str, str]] = {
    "motion": {"zh": "移动侦测", "en": "motion"},
    "crossing": {"zh": "越界或区域入侵", "en": "line or area crossed"},
    "input": {"zh": "开关量输入", "en": "digital input"},
    "tamper": {"zh": "遮挡或移位", "en": "tampering"},
    "sound": {"zh": "声音异常", "en": "sound"},
    "video_loss": {"zh": "视频丢失", "en": "video loss"},
    "storage": {"zh": "存储故障", "en": "storage fault"},
    "hardware": {"zh": "硬件故障", "en": "hardware fault"},
    "reboot": {"zh": "重启", "en": "restart"},
    "offline": {"zh": "离线", "en": "offline"},
}
