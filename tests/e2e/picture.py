"""What a picture on the wall shows, read in the page itself from the pixels presented."""

from playwright.sync_api import Locator

# The strip at the lower edge; its layout stands in video/simulator/barcode.py.
READ_CODE = """
(video) => {
  if (!video.videoWidth) return null
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context.drawImage(video, 0, 0)
  const y = Math.floor(canvas.height - canvas.height / 30)
  const row = context.getImageData(0, y, canvas.width, 1).data
  const px = (i) => row[4 * Math.floor(((i + 0.5) * canvas.width) / 48)]
  const middle = (px(0) + px(1)) / 2
  const bit = (i) => (px(i) > middle ? 1 : 0)
  if (px(0) - px(1) < 60 || bit(46) !== 0 || bit(47) !== 1) return null
  let value = 0
  for (let i = 2; i < 43; i++) value = value * 2 + bit(i)
  const check = bit(43) * 4 + bit(44) * 2 + bit(45)
  return value % 7 === check ? value : null
}
"""

_ADVANCES = """
(video, least_s) => new Promise((resolve) => {
  const from_s = video.currentTime
  const look = () => {
    if (video.currentTime > from_s + least_s) resolve(true)
    else requestAnimationFrame(look)
  }
  look()
})
"""

_CLOCK_AGE = f"""
(video) => new Promise((resolve) => {{
  const read = {READ_CODE}
  const look = () => {{
    const shown_ms = read(video)
    if (shown_ms === null) requestAnimationFrame(look)
    else resolve(Date.now() - shown_ms)
  }}
  look()
}})
"""


def plays(video: Locator, least_s: float) -> bool:
    """Return True once the picture has moved on by `least_s` of its own time."""
    return bool(video.evaluate(_ADVANCES, least_s))


def clock_age_ms(video: Locator) -> float:
    """Return how old the burnt-in wall clock of the picture shown is, in milliseconds."""
    return float(video.evaluate(_CLOCK_AGE))
