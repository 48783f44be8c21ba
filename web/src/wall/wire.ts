// The wire format of a picture stream (WebSocket): text messages are JSON notices, binary ones start with a kind byte.

export type MediaKind = 'init' | 'key' | 'delta' | 'poster' | 'soundInit' | 'sound'

export interface MediaMessage {
  kind: MediaKind
  /** When the server received the frame from the camera; null for the init segment. */
  receivedAt: Date | null
  /** performance.now() when it came out of the socket. */
  arrived_ms: number
  payload: Uint8Array<ArrayBuffer>
}

export interface InitNotice {
  type: 'init'
  mime: string
  width: number
  height: number
  generation: number
  rung: string
  /** Frames by which B-frames delay the picture. */
  reorder?: number
}

export interface StatusNotice {
  type: 'status'
  state: 'connecting' | 'live' | 'stalled' | 'dead'
  last_frame_at: string | null
  reason: string | null
}

export interface ErrorNotice {
  type: 'error'
  code: string
  message?: string
}

/** The picture waits for a conversion; stills come meanwhile. */
export interface QueueNotice {
  type: 'queue'
  place: number
  of: number
}

export interface SoundNotice {
  type: 'sound'
  state: 'native' | 'converted' | 'left_out'
  coding: string
  mime: string | null
}

export type Notice = InitNotice | StatusNotice | ErrorNotice | QueueNotice | SoundNotice

const kinds: MediaKind[] = ['init', 'key', 'delta', 'poster', 'soundInit', 'sound']
const stampBytes = 8

/** Null when the message is too short or of an unknown kind: such a message is skipped, the stream goes on. */
export function parseMedia(buffer: ArrayBuffer, arrived_ms = performance.now()): MediaMessage | null {
  if (buffer.byteLength < 1) return null
  const view = new DataView(buffer)
  const kind = kinds[view.getUint8(0)]
  if (!kind) return null
  if (kind === 'init' || kind === 'soundInit') return { kind, receivedAt: null, arrived_ms, payload: new Uint8Array(buffer, 1) }
  if (buffer.byteLength < 1 + stampBytes) return null
  const receivedAt = new Date(Number(view.getBigUint64(1, false)))
  return { kind, receivedAt, arrived_ms, payload: new Uint8Array(buffer, 1 + stampBytes) }
}

export function parseNotice(text: string): Notice | null {
  try {
    const notice = JSON.parse(text) as Notice
    return ['init', 'status', 'error', 'queue', 'sound'].includes(notice.type) ? notice : null
  } catch {
    return null
  }
}

/** Errors after which asking again is useless or, for a password, harmful: the device locks accounts. */
export function isFinal(code: string): boolean {
  return ['stream.credentials_rejected', 'stream.codec_unplayable', 'stream.revoked'].includes(code)
}
