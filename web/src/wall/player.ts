// One live picture: a WebSocket of fragments into a MediaSource, held near the live edge, rebuilt when the camera restarts.

import { ApiError } from '@/api/client'
import { openStream } from '@/api/streams'
import type { StreamOrder, StreamTicket } from '@/api/types'
import { correctionFor } from './liveEdge'
import { Meter } from './meter'
import { SoundTrack } from './sound'
import { Whep } from './whep'
import { isFinal, parseMedia, parseNotice, type InitNotice, type MediaMessage, type Notice, type SoundNotice } from './wire'

export type PictureState = 'asking' | 'connecting' | 'live' | 'stalled' | 'dead' | 'failed'

export interface Picture {
  state: PictureState
  /** Why the server has no picture, in its own code. */
  reason: string | null
  streamId: number | null
  generation: number | null
  codec: string | null
  rung: string | null
  width: number | null
  height: number | null
  posterUrl: string | null
  /** Frames by which B-frames delay the picture. */
  reorder: number
  /** The place in the line for a conversion, while stills come. */
  queue: { place: number; of: number } | null
  /** What sound the camera sends; null where it sends none. */
  sound: SoundNotice['state'] | null
  isHeard: boolean
  errorCode: string | null
  errorMessage: string | null
}

export function emptyPicture(): Picture {
  return {
    state: 'asking',
    reason: null,
    streamId: null,
    generation: null,
    codec: null,
    rung: null,
    width: null,
    height: null,
    posterUrl: null,
    reorder: 0,
    queue: null,
    sound: null,
    isHeard: false,
    errorCode: null,
    errorMessage: null,
  }
}

const firstRetry_ms = 400
const lastRetry_ms = 8000
const control_ms = 200
/** More than this unappended means the tab slept: begin again at the next key frame. */
const maxQueued = 250

export class Player {
  /** What changes with every frame; read at leisure, never watched. */
  readonly meter = new Meter()
  private socket: WebSocket | null = null
  private outer: Whep | null = null
  private soundMime = ''
  private sound: SoundTrack | null = null
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private queue: MediaMessage[] = []
  private keyStarts_s: number[] = []
  private needsKey = true
  private retry_ms = firstRetry_ms
  private retryTimer = 0
  private controlTimer = 0
  private isClosed = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly order: StreamOrder,
    private readonly picture: Picture,
    private readonly ask: () => Promise<StreamTicket> = () => openStream(order),
  ) {
    this.controlTimer = window.setInterval(() => this.control(), control_ms)
    void this.open()
  }

  close(): void {
    this.isClosed = true
    window.clearTimeout(this.retryTimer)
    window.clearInterval(this.controlTimer)
    this.socket?.close(1000)
    this.outer?.close()
    this.sound?.end()
    this.dropSource()
    this.setPoster(null)
  }

  /** Lets the sound be heard, or no longer; it is not sent before. */
  hear(on: boolean): void {
    this.picture.isHeard = on
    if (!on) this.sound?.end()
    this.sound = on ? new SoundTrack(this.video) : null
    this.video.muted = !(on && this.outer)
    this.askSound()
  }

  /** Opens again at once, for the operator's "try again". */
  reopen(): void {
    window.clearTimeout(this.retryTimer)
    this.retry_ms = firstRetry_ms
    this.socket?.close(1000)
    this.outer?.close()
    void this.open()
  }

  private async open(): Promise<void> {
    this.report('asking')
    try {
      const ticket = await this.ask()
      this.picture.streamId = ticket.stream_id
      if (this.isClosed) return
      if (ticket.protocol === 'whep') this.connectOuter(ticket.url, ticket.ticket)
      else this.connect(ticket.url, ticket.ticket)
    } catch (error) {
      if (this.isClosed) return
      const refusal = error instanceof ApiError ? error : null
      this.fail(refusal?.code ?? 'network.unreachable', refusal?.message ?? null)
      // A refusal of rights or purpose stays a refusal; only a lost server or an overloaded one may answer otherwise.
      if (!refusal || refusal.status === 0 || refusal.status >= 500 || refusal.status === 429) this.retryLater()
    }
  }

  private connect(url: string, ticket: string): void {
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ ticket, codecs: this.order.codecs }))
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.socket || this.isClosed) return
      if (typeof message.data === 'string') this.onNotice(parseNotice(message.data))
      else this.onMedia(parseMedia(message.data))
    }
    socket.onclose = () => {
      if (socket !== this.socket || this.isClosed) return
      this.socket = null
      if (this.picture.state !== 'failed') this.report('connecting')
      if (!(this.picture.errorCode && isFinal(this.picture.errorCode))) this.retryLater()
    }
    this.report('connecting')
  }

  /** Through the outer gateway; the browser itself keeps such a picture at its live edge. */
  private connectOuter(url: string, ticket: string): void {
    this.dropSource()
    const outer = new Whep(this.video, url, {
      onFrame: (at_ms, time_s) => {
        this.meter.arrived(0, at_ms)
        this.meter.appended(time_s, at_ms, null)
      },
      onLive: () => {
        this.retry_ms = firstRetry_ms
        Object.assign(this.picture, { rung: 'whep', codec: 'avc1', width: this.video.videoWidth, height: this.video.videoHeight })
        this.report('live')
      },
      onEnd: (isRefused) => {
        if (outer !== this.outer || this.isClosed) return
        this.outer = null
        if (isRefused) this.fail('stream.ticket_refused', null)
        else this.report('connecting')
        this.retryLater()
      },
    })
    this.outer = outer
    this.report('connecting')
    void outer.open(ticket)
  }

  private askSound(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return
    this.socket.send(JSON.stringify({ type: 'sound', on: this.picture.isHeard }))
  }

  private onNotice(notice: Notice | null): void {
    if (notice?.type === 'init') this.rebuild(notice)
    if (notice?.type === 'status') {
      this.picture.reason = notice.reason
      this.report(notice.state)
    }
    if (notice?.type === 'queue') this.picture.queue = { place: notice.place, of: notice.of }
    if (notice?.type === 'sound') {
      this.picture.sound = notice.state
      this.soundMime = notice.mime ?? ''
      if (this.picture.isHeard) this.askSound()
    }
    if (notice?.type === 'error') this.fail(notice.code, notice.message ?? null)
  }

  private onMedia(message: MediaMessage | null): void {
    if (!message) return
    if (message.kind === 'poster') {
      this.setPoster(URL.createObjectURL(new Blob([message.payload], { type: 'image/jpeg' })))
      return
    }
    if (message.kind === 'soundInit') return this.sound?.begin(this.soundMime, message.payload)
    if (message.kind === 'sound') return this.sound?.take(message.payload)
    if (message.kind !== 'init') {
      if (this.needsKey && message.kind === 'delta') return
      this.needsKey = false
      this.meter.arrived(message.payload.byteLength, performance.now())
      this.retry_ms = firstRetry_ms
      this.report('live')
    }
    this.queue.push(message)
    if (this.queue.length > maxQueued) {
      this.queue = this.queue.filter((queued) => queued.kind === 'init')
      this.needsKey = true
    }
    this.append()
  }

  /** A new generation has new codec parameters: a new MediaSource, because a SourceBuffer keeps its time line. */
  private rebuild(init: InitNotice): void {
    this.dropSource()
    Object.assign(this.picture, {
      generation: init.generation,
      rung: init.rung,
      width: init.width,
      height: init.height,
      reorder: init.reorder ?? 0,
      queue: null,
      codec: /codecs="([^"]+)"/.exec(init.mime)?.[1] ?? init.mime,
      errorCode: null,
      errorMessage: null,
    })
    const source = new MediaSource()
    this.source = source
    source.addEventListener('sourceopen', () => this.attach(source, init.mime), { once: true })
    this.video.src = URL.createObjectURL(source)
  }

  private attach(source: MediaSource, mime: string): void {
    URL.revokeObjectURL(this.video.src)
    if (source !== this.source) return
    try {
      this.buffer = source.addSourceBuffer(mime)
    } catch {
      this.fail('stream.codec_unplayable', null)
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
      } else this.reopen()
    }
  }

  private control(): void {
    const { video, buffer } = this
    if (!buffer || this.source?.readyState !== 'open') return
    if (video.error) {
      this.reopen()
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

  private trim(buffer: SourceBuffer, before_s: number): void {
    this.keyStarts_s = this.keyStarts_s.filter((start_s) => start_s >= before_s)
    // A hair before the key frame, so that rounding of its time cannot take the key frame itself.
    if (before_s > 0.02) buffer.remove(0, before_s - 0.01)
  }

  private bufferedEnd_s(): number {
    const buffered = this.buffer?.buffered
    return buffered?.length ? buffered.end(buffered.length - 1) : 0
  }

  private report(state: PictureState): void {
    if (state !== 'connecting' && state !== 'asking') {
      this.picture.errorCode = null
      this.picture.errorMessage = null
    }
    this.picture.state = state
  }

  private fail(code: string, message: string | null): void {
    this.picture.state = 'failed'
    this.picture.errorCode = code
    this.picture.errorMessage = message
  }

  private retryLater(): void {
    this.retryTimer = window.setTimeout(() => void this.open(), this.retry_ms)
    this.retry_ms = Math.min(lastRetry_ms, this.retry_ms * 2)
  }

  private setPoster(url: string | null): void {
    if (this.picture.posterUrl) URL.revokeObjectURL(this.picture.posterUrl)
    this.picture.posterUrl = url
  }

  private dropSource(): void {
    this.queue = []
    this.keyStarts_s = []
    this.needsKey = true
    this.meter.restart()
    this.buffer = null
    this.source = null
    this.video.removeAttribute('src')
    this.video.load()
  }
}
