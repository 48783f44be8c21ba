// The sound of one picture, in an element of its own: a gap in it can then never hold up the picture.

const farApart_s = 0.25
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

  /** Both count from the first picture: the sound goes where the picture is. */
  private follow(): void {
    const { audio, video } = this
    const { buffered } = audio
    if (!buffered.length) return
    const end_s = buffered.end(buffered.length - 1)
    const start_s = buffered.start(buffered.length - 1)
    const wanted_s = Math.max(start_s, Math.min(video.currentTime, end_s - 0.05))
    if (!audio.seeking && Math.abs(audio.currentTime - wanted_s) > farApart_s) audio.currentTime = wanted_s
    if (audio.playbackRate !== video.playbackRate) audio.playbackRate = video.playbackRate
    if (audio.paused) void audio.play().catch(() => undefined)
  }
}
