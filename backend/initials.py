"""Pinyin initials, by which a name is found from a plain keyboard."""

_LONGEST = 100


def initials_of(name: str) -> str:
    """Return the initials a search may be typed in: 人民路 -> rml."""
    from pypinyin import Style, lazy_pinyin  # half a second of dictionaries, at first use

    letters = lazy_pinyin(name, style=Style.FIRST_LETTER, errors="default")
    return "".join(letters).lower()[:_LONGEST]
