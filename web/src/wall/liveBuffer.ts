// The MediaSource of one live picture: appended in order, held near the live edge, trimmed behind it.

import { correctionFor } from './liveEdge'
import type { Meter } from './meter'
import type { MediaMessage } from './wire'

/** More than this unappended means the tab slept: begin again at the next key frame. */
const maxQueued = 250

export interface LiveBufferEvents {
  /** The element or its buffer gave up: only a new connection helps. */
  onBroken: () => void
  onUnplayable: () => void
}

export class LiveBuffer {
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private queue: MediaMessage[] = []
  private keyStarts_s: number[] = []
  private needsKey = true

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly meter: Meter,
    private readonly events: LiveBufferEvents,
  ) {}

  /** A new generation has new codec parameters: a new MediaSource, because a SourceBuffer keeps its time line. */
  begin(mime: string): void {
    this.drop()
    const source = new MediaSource()
    this.source = source
    source.addEventListener('sourceopen', () => this.attach(source, mime), { once: true })
    this.video.src = URL.createObjectURL(source)
  }

  /** Takes a segment or a fragment; false where it is a picture nothing can begin with. */
  take(message: MediaMessage): boolean {
    if (message.kind !== 'init') {
      if (this.needsKey && message.kind === 'delta') return false
      this.needsKey = false
      this.meter.arrived(message.payload.byteLength, performance.now())
    }
    this.queue.push(message)
    if (this.queue.length > maxQueued) {
      this.queue = this.queue.filter((queued) => queued.kind === 'init')
      this.needsKey = true
    }
    this.append()
    return true
  }

  /** Holds the picture near its live edge; to be called several times a second. */
  control(): void {
    const { video, buffer } = this
    if (!buffer || this.source?.readyState !== 'open') return
    if (video.error) {
      this.events.onBroken()
      return
    }
    const buffered = buffer.buffered
    const ranges = Array.from({ length: buffered.length }, (_, i): [number, number] => [buffered.start(i), buffered.end(i)])
    const correction = correctionFor({ time_s: video.currentTime, isSeeking: video.seeking, ranges, keyStarts_s: this.keyStarts_s })
    if (video.playbackRate !== correction.rate) video.playbackRate = correction.rate
    if (correction.seekTo_s !== null) video.currentTime = correction.seekTo_s
    if (correction.trimBefore_s !== null && !buffer.updating) this.trim(buffer, correction.trimBefore_s)
    if (video.paused) void video.play().catch(() => undefined)
  }

  drop(): void {
    this.queue = []
    this.keyStarts_s = []
    this.needsKey = true
    this.meter.restart()
    this.buffer = null
    this.source = null
    this.video.removeAttribute('src')
    this.video.load()
  }

  private attach(source: MediaSource, mime: string): void {
    URL.revokeObjectURL(this.video.src)
    if (source !== this.source) return
    try {
      this.buffer = source.addSourceBuffer(mime)
    } catch {
      this.events.onUnplayable()
      return
    }
    this.buffer.addEventListener('updateend', () => this.append())
    this.append()
    void this.video.play().catch(() => undefined)
  }

  private append(): void {
    const buffer = this.buffer
    if (!buffer || buffer.updating || this.source?.readyState !== 'open') return
    const next = this.queue.shift()
    if (!next) return
    try {
      if (next.kind !== 'init') {
        const start_s = this.bufferedEnd_s()
        if (next.kind === 'key') this.keyStarts_s.push(start_s)
        this.meter.appended(start_s, next.arrived_ms, next.receivedAt)
      }
      buffer.appendBuffer(next.payload)
    } catch (error) {
      if (error instanceof DOMException && error.name === 'QuotaExceededError') {
        this.queue.unshift(next)
        buffer.remove(0, Math.max(0.1, this.video.currentTime - 1))
      } else this.events.onBroken()
    }
  }

  private trim(buffer: SourceBuffer, before_s: number): void {
    this.keyStarts_s = this.keyStarts_s.filter((start_s) => start_s >= before_s)
    // A hair before the key frame, so that rounding of its time cannot take the key frame itself.
    if (before_s > 0.02) buffer.remove(0, before_s - 0.01)
  }

  private bufferedEnd_s(): number {
    const buffered = this.buffer?.buffered
    return buffered?.length ? buffered.end(buffered.length - 1) : 0
  }
}
