// What a live picture brings with every frame, kept outside of everything reactive: sixteen tiles at 25 frames a second
// would else redraw the page four hundred times a second for figures nobody can read that fast.

interface Arrival {
  start_s: number
  arrived_ms: number
  receivedAt: Date | null
}

export interface Shown {
  /** performance.now() when the frame now on screen came out of the socket. */
  arrived_ms: number
  /** When the server had it from the camera, by the server's clock. */
  receivedAt: Date | null
}

/** Frames waiting in the decoder: a few seconds at 25 a second. */
const most = 400
/** Rounding between a fragment's start and the time the element reports. */
const slack_s = 0.01

export class Meter {
  /** Of the last fragment out of the socket, shown or not. */
  lastArrival_ms: number | null = null
  bytes = 0
  private arrivals: Arrival[] = []
  private sampled: { at_ms: number; bytes: number } | null = null
  private rate_kbps: number | null = null

  arrived(bytes: number, at_ms: number): void {
    this.bytes += bytes
    this.lastArrival_ms = at_ms
  }

  /** A fragment went to the decoder; it begins where the buffer ended. */
  appended(start_s: number, arrived_ms: number, receivedAt: Date | null): void {
    this.arrivals.push({ start_s, arrived_ms, receivedAt })
    if (this.arrivals.length > most) this.arrivals.splice(0, this.arrivals.length - most)
  }

  /** The frame at a time of the picture; what lies before it is forgotten. */
  shownAt(time_s: number): Shown | null {
    let last = -1
    while (last + 1 < this.arrivals.length && this.arrivals[last + 1]!.start_s <= time_s + slack_s) last += 1
    if (last < 0) return null
    this.arrivals.splice(0, last)
    const { arrived_ms, receivedAt } = this.arrivals[0]!
    return { arrived_ms, receivedAt }
  }

  /** Mean since the last time somebody asked, at least two seconds ago; null before two seconds have passed. */
  kbps(now_ms: number): number | null {
    this.sampled ??= { at_ms: now_ms, bytes: this.bytes }
    const span_ms = now_ms - this.sampled.at_ms
    if (span_ms >= 2000) {
      this.rate_kbps = ((this.bytes - this.sampled.bytes) * 8) / span_ms
      this.sampled = { at_ms: now_ms, bytes: this.bytes }
    }
    return this.rate_kbps
  }

  /** A new time line began. */
  restart(): void {
    this.arrivals = []
  }
}
