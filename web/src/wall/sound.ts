// The sound of one picture, in an element of its own: a gap in it can then never hold up the picture.

const farApart_s = 0.25
/** Sound that far from the picture is of another instant: none is better. */
const another_s = 2
const keep_s = 8
const maxQueued = 400

export class SoundTrack {
  private readonly audio = new Audio()
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private queue: Uint8Array<ArrayBuffer>[] = []

  constructor(private readonly video: HTMLVideoElement) {}

  /** A new connection: its initialisation segment comes first. */
  begin(mime: string, init: Uint8Array<ArrayBuffer>): void {
    this.end()
    const source = new MediaSource()
    this.source = source
    this.queue = [init]
    source.addEventListener('sourceopen', () => this.attach(source, mime), { once: true })
    this.audio.src = URL.createObjectURL(source)
  }

  take(fragment: Uint8Array<ArrayBuffer>): void {
    if (!this.source) return
    this.queue.push(fragment)
    if (this.queue.length > maxQueued) this.queue.splice(1, this.queue.length - maxQueued)
    this.append()
    this.follow()
  }

  end(): void {
    this.queue = []
    this.buffer = null
    this.source = null
    this.audio.removeAttribute('src')
    this.audio.load()
  }

  private attach(source: MediaSource, mime: string): void {
    URL.revokeObjectURL(this.audio.src)
    if (source !== this.source) return
    try {
      this.buffer = source.addSourceBuffer(mime)
    } catch {
      this.end()
      return
    }
    this.buffer.addEventListener('updateend', () => this.append())
    this.append()
  }

  private append(): void {
    const { buffer } = this
    if (!buffer || buffer.updating || this.source?.readyState !== 'open') return
    const old_s = this.audio.currentTime - keep_s
    if (buffer.buffered.length && buffer.buffered.start(0) < old_s - keep_s) {
      buffer.remove(0, old_s)
      return
    }
    const next = this.queue.shift()
    if (!next) return
    try {
      buffer.appendBuffer(next)
    } catch {
      this.end()
    }
  }

  /** Both count from the same zero: the sound goes where the picture is, and stands when it does. */
  follow(): void {
    const { audio, video } = this
    const wanted_s = nearest(audio.buffered, video.currentTime)
    if (wanted_s === null || video.paused || Math.abs(wanted_s - video.currentTime) > another_s) {
      if (!audio.paused) audio.pause()
      return
    }
    if (!audio.seeking && Math.abs(audio.currentTime - wanted_s) > farApart_s) audio.currentTime = wanted_s
    if (audio.playbackRate !== video.playbackRate) audio.playbackRate = video.playbackRate
    if (audio.paused) void audio.play().catch(() => undefined)
  }
}

/** The instant of what is there that lies nearest to one, a little before the end; null when nothing is there. */
export function nearest(there: Pick<TimeRanges, 'length' | 'start' | 'end'>, at_s: number): number | null {
  let best: number | null = null
  for (let i = 0; i < there.length; i++) {
    const inside_s = Math.max(there.start(i), Math.min(at_s, there.end(i) - 0.05))
    if (best === null || Math.abs(inside_s - at_s) <= Math.abs(best - at_s)) best = inside_s
  }
  return best
}
