"""Text burnt into luma planes: camera name and clock, drawn once per glyph, pasted per picture."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

#: Where Debian's fonts-noto-cjk puts the face; without it PIL's own font is used (no Chinese).
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
#: Index of the simplified Chinese face inside the collection.
CJK_FACE = 2

CLOCK_GLYPHS = "0123456789-:. "

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=8)
def font(size_px: int) -> Font:
    """The overlay font at *size_px*."""
    if CJK_FONT.exists():
        return ImageFont.truetype(str(CJK_FONT), size_px, index=CJK_FACE)
    return ImageFont.load_default(size_px)


@dataclass(frozen=True, slots=True)
class Label:
    """Outlined text: luma values and the mask of pixels they cover, both (height, width)."""

    luma: NDArray[np.uint8]
    mask: NDArray[np.bool_]

    def paste(self, luma: NDArray[np.uint8], x: int, y: int) -> None:
        """Burn the label into a luma plane with its upper left corner at x, y, cut at the edge."""
        region = luma[y : y + self.luma.shape[0], x : x + self.luma.shape[1]]
        height, width = region.shape
        np.copyto(region, self.luma[:height, :width], where=self.mask[:height, :width])


def text_label(text: str, size_px: int, *, width_px: int | None = None) -> Label:
    """Draw *text* white with a dark outline; *width_px* fixes the cell (for clock digits)."""
    face = font(size_px)
    width = width_px or int(face.getlength(text)) + 6
    image = Image.new("L", (width, int(size_px * 1.4)), 0)
    cover = Image.new("L", image.size, 0)
    ImageDraw.Draw(image).text((3, 0), text, fill=255, font=face)
    ImageDraw.Draw(cover).text((3, 0), text, fill=255, font=face, stroke_width=2, stroke_fill=255)
    ink = np.asarray(image, np.float32) / 255
    return Label(luma=(16 + ink * 219).astype(np.uint8), mask=np.asarray(cover) > 100)


@lru_cache(maxsize=8)
def _clock_glyphs(size_px: int) -> dict[str, Label]:
    cell = int(size_px * 0.62)
    return {glyph: text_label(glyph, size_px, width_px=cell) for glyph in CLOCK_GLYPHS}


@dataclass(slots=True)
class ClockFace:
    """The burnt-in clock of one camera at one text size; assembled from ready glyphs."""

    size_px: int
    zone: ZoneInfo | None = None
    _glyphs: dict[str, Label] = field(init=False)

    def __post_init__(self) -> None:
        self._glyphs = _clock_glyphs(self.size_px)

    def text(self, time_s: float) -> str:
        """Local date and time to a tenth of a second; *time_s* is epoch seconds."""
        moment = datetime.fromtimestamp(time_s, UTC).astimezone(self.zone)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 100_000}"

    def label(self, time_s: float) -> Label:
        """The clock at *time_s* as one label."""
        parts = [self._glyphs[glyph] for glyph in self.text(time_s)]
        return Label(
            luma=np.concatenate([part.luma for part in parts], axis=1),
            mask=np.concatenate([part.mask for part in parts], axis=1),
        )
