// One camera's recording: fragments into a MediaSource whose time line is true time, steered by the clock of the stage.

import { ApiError } from '@/api/client'
import { openStream, playableCodecs } from '@/api/streams'
import { parseMedia, type MediaMessage, type SoundNotice } from '@/wall/wire'
import { RecordedSound, type Audible } from './recordedSound'
import { steer, type StepClock } from './stepClock'

export type TileState = 'asking' | 'opening' | 'playing' | 'waiting' | 'gap' | 'none' | 'failed'

export interface TilePicture extends Audible {
  state: TileState
  errorCode: string | null
  errorMessage: string | null
  /** False: the recorder does not stamp its pictures, their times are reckoned. */
  isExact: boolean
  clockOffset_s: number
  /** The place in the line for a conversion. */
  queue: { place: number; of: number } | null
  isConverted: boolean
}

export const emptyTilePicture = (): TilePicture => ({ state: 'asking', errorCode: null, errorMessage: null, isExact: true, clockOffset_s: 0, queue: null, isConverted: false, sound: null, isHeard: false })

export interface ReplayRequest {
  cameraId: number
  purpose: string
  incidentId: number | null
  from_ms: number
  to_ms: number
}

interface Told {
  type: string
  mime?: string
  origin_ms?: number
  state?: string
  code?: string
  message?: string
  is_exact?: boolean
  clock_offset_s?: number
  at?: number
  rung?: string
  place?: number
  of?: number
}

const keepBehind_s = 30
const clockEvery_ms = 1000
const mostInstants = 4000

export class RecordedPlayer {
  readonly sound: RecordedSound
  private socket: WebSocket | null = null
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private mime = ''
  private origin_ms = 0
  private queue: Uint8Array<ArrayBuffer>[] = []
  private instants_ms: number[] = []
  private told_ms = 0
  private isClosed = false
  private hasEnded = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly request: ReplayRequest,
    private readonly picture: TilePicture,
    private readonly clock: StepClock,
  ) {
    this.sound = new RecordedSound(video, picture, (message) => this.say(message))
    void this.open()
  }

  close(): void {
    this.isClosed = true
    this.socket?.close(1000)
    this.sound.end()
    this.video.removeAttribute('src')
    this.video.load()
  }

  reopen(): void {
    this.socket?.close(1000)
    void this.open()
  }

  /** To be called when the operator jumped: pictures of that instant may be here, or have to be asked for. */
  jump(): void {
    const at_ms = this.clock.now_ms()
    if (this.bufferHas(at_ms)) this.say({ type: 'clock', at: at_ms })
    else this.say({ type: 'seek', at: at_ms })
  }

  /** Play, pause and speed as they stand; the server paces what it sends by them. */
  tell(): void {
    this.say({ type: 'speed', speed: this.clock.speed })
    this.say({ type: this.clock.isPlaying ? 'play' : 'pause' })
    this.say({ type: 'clock', at: this.clock.now_ms() })
  }

  /** The picture after or before the present one; null when none is known. */
  neighbour(by: 1 | -1): number | null {
    const now_ms = this.clock.now_ms() + by
    return (by > 0 ? this.instants_ms.find((at_ms) => at_ms > now_ms) : this.instants_ms.findLast((at_ms) => at_ms < now_ms - 20)) ?? null
  }

  /** Brings the video to where the clock stands. Returns whether its picture of that instant is there. */
  follow(hasRecording: boolean, moves: boolean): boolean {
    const { video, buffer } = this
    this.sound.follow()
    if (this.picture.state === 'failed' || this.picture.state === 'none') return true
    if (!hasRecording) {
      this.picture.state = 'gap'
      if (!video.paused) video.pause()
      return true
    }
    if (!buffer || this.source?.readyState !== 'open') return false
    const target_s = (this.clock.now_ms() - this.origin_ms) / 1000
    const way = steer({ time_s: video.currentTime, ranges: rangesOf(buffer), target_s, speed: this.clock.speed, moves })
    this.show(way.hasPicture, way.seekTo_s, way.rate, moves)
    if (moves) this.report()
    return way.hasPicture || this.hasEnded
  }

  private show(hasPicture: boolean, seekTo_s: number | null, rate: number, moves: boolean): void {
    const { video } = this
    if (hasPicture) this.picture.state = 'playing'
    else if (this.picture.state !== 'opening') this.picture.state = 'waiting'
    if (seekTo_s !== null && !video.seeking) video.currentTime = seekTo_s
    if (hasPicture && video.playbackRate !== rate) video.playbackRate = rate
    if (moves && hasPicture && video.paused) void video.play().catch(() => undefined)
    if ((!moves || !hasPicture) && !video.paused) video.pause()
  }

  private report(): void {
    const now_ms = performance.now()
    if (now_ms - this.told_ms < clockEvery_ms) return
    this.told_ms = now_ms
    this.say({ type: 'clock', at: this.clock.now_ms() })
    this.trim()
  }

  private async open(): Promise<void> {
    const { isHeard } = this.picture
    Object.assign(this.picture, emptyTilePicture(), { isHeard })
    const { cameraId, purpose, incidentId, from_ms, to_ms } = this.request
    try {
      const ticket = await openStream({
        kind: 'replay',
        camera_id: cameraId,
        purpose,
        ...(incidentId === null ? {} : { incident_id: incidentId }),
        profile: 'main',
        from: new Date(from_ms).toISOString(),
        to: new Date(to_ms).toISOString(),
        speed: this.clock.speed,
        codecs: playableCodecs(),
      })
      if (!this.isClosed) this.connect(ticket.url, ticket.ticket)
    } catch (error) {
      this.fail(error instanceof ApiError ? error.code : 'network.unreachable', (error as Error).message)
    }
  }

  private connect(url: string, ticket: string): void {
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    socket.onopen = () => {
      socket.send(JSON.stringify({ ticket, codecs: playableCodecs() }))
      this.say({ type: 'seek', at: this.clock.now_ms() })
      this.tell()
      if (this.picture.isHeard) this.sound.hear(true)
    }
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.socket || this.isClosed) return
      if (typeof data === 'string') this.hear(data)
      else this.take(parseMedia(data))
    }
    socket.onclose = () => {
      if (socket === this.socket && !this.isClosed && this.picture.state !== 'failed') this.fail('stream.failed', null)
    }
  }

  private hear(text: string): void {
    const told = JSON.parse(text) as Told
    if (told.type === 'error') this.fail(told.code ?? 'stream.failed', told.message ?? null)
    if (told.type === 'init') this.begin(told)
    if (told.type === 'queue') this.picture.queue = { place: told.place ?? 0, of: told.of ?? 0 }
    if (told.type === 'sound') this.sound.note(told.state as SoundNotice['state'], told.mime ?? '')
    if (told.type !== 'replay') return
    this.hasEnded = told.state === 'ended'
    if (told.state === 'opening') this.picture.state = 'opening'
    if (told.state === 'none') this.picture.state = 'none'
    if (told.state === 'playing') {
      this.picture.state = 'waiting'
      this.picture.isExact = told.is_exact ?? true
      this.picture.clockOffset_s = told.clock_offset_s ?? 0
    }
  }

  /** A new segment: the buffer stays when the format does, for its time line is true time in any case. */
  private begin({ mime, origin_ms, rung }: Told): void {
    Object.assign(this.picture, { queue: null, isConverted: rung === 'transcode' })
    this.origin_ms = origin_ms ?? 0
    if (mime === this.mime && this.buffer) return
    this.mime = mime ?? ''
    this.buffer = null
    this.queue = []
    const source = new MediaSource()
    this.source = source
    source.addEventListener('sourceopen', () => this.attach(source), { once: true })
    this.video.src = URL.createObjectURL(source)
  }

  private attach(source: MediaSource): void {
    URL.revokeObjectURL(this.video.src)
    if (source !== this.source) return
    try {
      this.buffer = source.addSourceBuffer(this.mime)
    } catch {
      this.fail('stream.codec_unplayable', null)
      return
    }
    this.buffer.addEventListener('updateend', () => this.append())
    this.append()
  }

  private take(message: MediaMessage | null): void {
    if (!message || message.kind === 'poster') return
    if (this.sound.take(message)) return
    if (message.receivedAt) this.note(message.receivedAt.getTime())
    this.queue.push(message.payload)
    this.append()
  }

  private note(at_ms: number): void {
    const last = this.instants_ms.at(-1)
    this.instants_ms.push(at_ms)
    if (last !== undefined && at_ms < last) this.instants_ms = [...new Set(this.instants_ms)].sort((a, b) => a - b)
    if (this.instants_ms.length > mostInstants) this.instants_ms.splice(0, mostInstants / 4)
  }

  private append(): void {
    const { buffer } = this
    if (!buffer || buffer.updating || this.source?.readyState !== 'open') return
    const next = this.queue.shift()
    if (!next) return
    try {
      buffer.appendBuffer(next)
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') return
      this.queue.unshift(next)
      buffer.remove(0, Math.max(0.1, this.video.currentTime - 2))
    }
  }

  private trim(): void {
    const { buffer, video } = this
    if (!buffer || buffer.updating || this.queue.length > 0 || buffer.buffered.length === 0) return
    const start_s = buffer.buffered.start(0)
    if (start_s < video.currentTime - 2 * keepBehind_s) buffer.remove(0, video.currentTime - keepBehind_s)
  }

  private bufferHas(at_ms: number): boolean {
    const at_s = (at_ms - this.origin_ms) / 1000
    return this.buffer !== null && rangesOf(this.buffer).some(([start_s, end_s]) => start_s <= at_s && at_s < end_s)
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  private fail(code: string, message: string | null): void {
    Object.assign(this.picture, { state: 'failed', errorCode: code, errorMessage: message })
  }
}

function rangesOf({ buffered }: SourceBuffer): [number, number][] {
  return Array.from({ length: buffered.length }, (_, i): [number, number] => [buffered.start(i), buffered.end(i)])
}
