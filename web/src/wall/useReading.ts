import { reactive } from 'vue'
import type { Meter } from './meter'

/** A picture that has brought no frame for this long is called stopped and greyed: it must never look live. */
const stale_ms = 2000

/** What a tile says of its picture, read four times a second and written only when it changed. */
export interface Reading {
  hasFrame: boolean
  isStale: boolean
  /** Whole seconds since the frame on screen arrived; null before the first. */
  age_s: number | null
  kbps: number | null
  /** By the server's clock, of the frame at which the picture stopped. */
  lastFrameAt: Date | null
}

const emptyReading = (): Reading => ({ hasFrame: false, isStale: false, age_s: null, kbps: null, lastFrameAt: null })

/** Frames the element has put on screen. */
export function presented(video: HTMLVideoElement): number {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
  return totalVideoFrames - droppedVideoFrames
}

/** The age of a picture, counted from the arrival of the frame on screen: what the socket brings proves nothing. */
export function useReading() {
  const reading = reactive(emptyReading())
  let frames = 0
  let arrived_ms: number | null = null
  let lastFrame: Date | null = null

  /** Another decoder is read from now on: of the same picture, or of none yet. */
  function begin(isAnew: boolean): void {
    frames = 0
    if (!isAnew) return
    arrived_ms = null
    lastFrame = null
    Object.assign(reading, emptyReading())
  }

  function read(video: HTMLVideoElement, meter: Meter, now_ms: number): void {
    const now = presented(video)
    const at = now === frames ? null : meter.shownAt(video.currentTime)
    frames = now
    if (at) {
      arrived_ms = at.arrived_ms
      lastFrame = at.receivedAt ?? lastFrame
    }
    // In a hidden window no frame is drawn, and nobody is deceived.
    if (document.hidden && arrived_ms !== null) arrived_ms = now_ms
    const age_ms = arrived_ms === null ? null : Math.max(0, now_ms - arrived_ms)
    const isStale = age_ms !== null && age_ms > stale_ms
    const kbps = meter.kbps(now_ms)
    if (isStale && !reading.isStale) reading.lastFrameAt = lastFrame
    // While it seeks to the live edge the element keeps its last picture; without a source it has no size.
    reading.hasFrame = now > 0 && video.videoWidth > 0
    reading.isStale = isStale
    reading.age_s = age_ms === null ? null : Math.floor(age_ms / 1000)
    reading.kbps = kbps === null ? null : Math.round(kbps / 10) * 10
  }

  return { reading, read, begin }
}
