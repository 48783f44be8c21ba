"""How usual the signs of a decoded text are: text read in a wrong encoding is full of rare ones."""

from __future__ import annotations

import math
import re
from collections import Counter

#: Signs beyond ASCII that stand in a row and are no Chinese: ѧУ is 学校 in GBK taken for UTF-8.
#: A single one, as in 110°12' or m², is what UTF-8 without Chinese looks like.
_STRANGE_RUN = re.compile(r"[\u0080-\u07ff]{2}")


def everyday_share(read: str, encoding: str) -> tuple[float, int]:
    """Share of everyday characters among the Chinese ones: GB 2312's first level, or Big5's.

    Text read in the wrong one of the two is full of the rare characters of the other's halves.

    Parameters
    ----------
    read : str
        Text as decoded.
    encoding : str
        Python's name of the encoding it was decoded from.

    Returns
    -------
    share : float
        0 to 1; nan when there is no Chinese character.
    count : int
        How many Chinese characters there are.

    """
    signs = Counter(read)
    han = {sign: count for sign, count in signs.items() if is_han(sign) or _is_private(sign)}
    if not han:
        return math.nan, 0
    tables: tuple[str, ...] = ("big5",) if encoding == "big5" else ("gb2312",)
    if encoding not in ("big5", "gb18030"):
        tables = ("gb2312", "big5")
    usual = sum(n for sign, n in han.items() if any(_is_everyday(sign, one) for one in tables))
    count = sum(han.values())
    return usual / count, count


def is_han(sign: str) -> bool:
    """True for a Chinese character."""
    return "\u3400" <= sign <= "\u9fff"


def has_strange_runs(read: str) -> bool:
    """True for text without Chinese whose signs beyond ASCII stand in rows."""
    return not any(map(is_han, set(read))) and _STRANGE_RUN.search(read) is not None


def _is_private(sign: str) -> bool:
    return "\ue000" <= sign <= "\uf8ff"


def _is_everyday(sign: str, table: str) -> bool:
    try:
        lead = sign.encode(table)[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7 if table == "gb2312" else 0xA4 <= lead <= 0xC6
