"""Machine-readable number strip at the lower edge of a picture: a wall clock or a frame number.

The strip is one row of 48 equal blocks over the whole width, `height / 15` pixels high, flush with
the lower edge. White is 1, black is 0. Block *i* spans x from `round(i * width / 48)`::

    blocks  0-1   1 0             start guard
    blocks  2-42  41 bits         the value, most significant bit first (epoch ms until 2039)
    blocks 43-45  value mod 7     three bits, 0..6; every single wrong bit changes it
    blocks 46-47  0 1             end guard

To read it from a canvas (JavaScript, no library)::

    const px = (i) => {                     // red channel in the middle of block i
      const x = Math.floor((i + 0.5) * canvas.width / 48)
      const y = Math.floor(canvas.height - canvas.height / 30)
      return context.getImageData(x, y, 1, 1).data[0]
    }
    const middle = (px(0) + px(1)) / 2      // white guard and black guard
    const bit = (i) => (px(i) > middle ? 1 : 0)
    if (px(0) - px(1) < 60 || bit(46) !== 0 || bit(47) !== 1) return null
    let value = 0; for (let i = 2; i < 43; i++) value = value * 2 + bit(i)   // above 2^32: no <<
    const check = bit(43) * 4 + bit(44) * 2 + bit(45)
    return value % 7 === check ? value : null
"""

import numpy as np
from numpy.typing import NDArray

BLOCKS = 48
VALUE_BITS = 41
WHITE_Y = 235
BLACK_Y = 16

Picture = NDArray[np.uint8]


def strip_height_px(height_px: int) -> int:
    """Height of the strip in a picture *height_px* high; whole macroblocks at 360, 720 and 1080."""
    return height_px // 15


def encode_blocks(value: int) -> NDArray[np.bool_]:
    """The 48 blocks of *value*, True where white.

    Parameters
    ----------
    value : int
        0 <= value < 2**41.

    Raises
    ------
    ValueError
        The value does not fit.

    """
    if not 0 <= value < 1 << VALUE_BITS:
        raise ValueError(f"value={value} must lie in 0..2**{VALUE_BITS} - 1")
    bits = f"10{value:0{VALUE_BITS}b}{value % 7:03b}01"
    white: NDArray[np.bool_] = np.frombuffer(bits.encode(), np.uint8) == ord("1")
    return white


def draw_code(luma: Picture, value: int, owners: NDArray[np.intp]) -> None:
    """Paint the strip of *value* over the lower edge of a luma plane, in place.

    Parameters
    ----------
    luma : uint8, shape (height, width)
        Luma plane in video range.
    value : int
        The number to show.
    owners : intp, shape (width,)
        Block of each column, from :func:`block_of_column`.

    """
    row = np.where(encode_blocks(value), np.uint8(WHITE_Y), np.uint8(BLACK_Y))[owners]
    luma[-strip_height_px(luma.shape[0]) :] = row


def block_of_column(width_px: int) -> NDArray[np.intp]:
    """Block index of every pixel column, shape (width_px,)."""
    edges = np.round(np.arange(1, BLOCKS) * width_px / BLOCKS)
    return np.searchsorted(edges, np.arange(width_px), side="right").astype(np.intp)


def read_code(picture: Picture) -> int | None:
    """The number in the strip of a picture, None when there is none or it is damaged.

    Parameters
    ----------
    picture : uint8, shape (height, width, 3) or (height, width)
        RGB picture or luma plane, at any scale that leaves a block a few pixels wide.

    Raises
    ------
    ValueError
        The array has another shape.

    """
    if picture.ndim not in (2, 3):
        raise ValueError(f"picture has {picture.ndim} dimensions, 2 or 3 are allowed")
    levels = _block_levels(picture[..., 0] if picture.ndim == 3 else picture)
    if levels[0] - levels[1] < 60:
        return None
    bits = levels > (levels[0] + levels[1]) / 2
    if bits[46] or not bits[47]:
        return None
    value = int("".join("1" if bit else "0" for bit in bits[2:43]), 2)
    check = int("".join("1" if bit else "0" for bit in bits[43:46]), 2)
    return value if value % 7 == check else None


def _block_levels(plane: Picture) -> NDArray[np.float64]:
    """Mean brightness round the middle of each block; a patch, so that ringing averages out."""
    height, width = plane.shape
    band = strip_height_px(height)
    middle = height - band / 2
    rows = plane[int(middle - band / 6) : max(int(middle + band / 6), int(middle - band / 6) + 1)]
    line = rows.mean(axis=0)
    half = max(int(width / BLOCKS / 6), 0)
    centres = ((np.arange(BLOCKS) + 0.5) * width / BLOCKS).astype(int)
    offsets = np.arange(-half, half + 1)
    levels: NDArray[np.float64] = line[centres[:, None] + offsets[None, :]].mean(axis=1)
    return levels
