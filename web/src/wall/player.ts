// One live picture: asked for, carried by a WebSocket or the outer gateway, begun anew when the camera or the server restarts.

import { ApiError } from '@/api/client'
import { openStream } from '@/api/streams'
import type { StreamOrder, StreamTicket } from '@/api/types'
import { LiveBuffer } from './liveBuffer'
import { Meter } from './meter'
import type { Picture, PictureState } from './picture'
import { SoundTrack } from './sound'
import { Whep } from './whep'
import { isFinal, parseMedia, parseNotice, type InitNotice, type MediaMessage, type Notice } from './wire'

const firstRetry_ms = 400
const lastRetry_ms = 8000
const control_ms = 200

export interface PlayerHooks {
  /** Asks for the stream, where that is not the route of live pictures. */
  ask?: () => Promise<StreamTicket>
  /** Called before the element loses its last picture to a stream begun anew. */
  onEmptying?: () => void
}

export class Player {
  /** What changes with every frame; read at leisure, never watched. */
  readonly meter = new Meter()
  private socket: WebSocket | null = null
  private outer: Whep | null = null
  private soundMime = ''
  private sound: SoundTrack | null = null
  private readonly live: LiveBuffer
  private retry_ms = firstRetry_ms
  private retryTimer = 0
  private controlTimer = 0
  private isClosed = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly order: StreamOrder,
    private readonly picture: Picture,
    private readonly hooks: PlayerHooks = {},
  ) {
    this.live = new LiveBuffer(video, this.meter, { onBroken: () => this.reopen(), onUnplayable: () => this.fail('stream.codec_unplayable', null) })
    this.controlTimer = window.setInterval(() => this.live.control(), control_ms)
    void this.open()
  }

  close(): void {
    this.isClosed = true
    window.clearTimeout(this.retryTimer)
    window.clearInterval(this.controlTimer)
    this.socket?.close(1000)
    this.outer?.close()
    this.sound?.end()
    this.live.drop()
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
      const ticket = await (this.hooks.ask ?? (() => openStream(this.order)))()
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
    this.hooks.onEmptying?.()
    this.live.drop()
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
    if (!this.live.take(message) || message.kind === 'init') return
    this.retry_ms = firstRetry_ms
    this.report('live')
  }

  private rebuild(init: InitNotice): void {
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
    this.hooks.onEmptying?.()
    this.live.begin(init.mime)
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
}
