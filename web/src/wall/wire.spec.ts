import { describe, expect, it } from 'vitest'
import { isFinal, parseMedia, parseNotice } from './wire'

function message(kind: number, epoch_ms: bigint | null, payload: number[]): ArrayBuffer {
  const head = epoch_ms === null ? 1 : 9
  const buffer = new ArrayBuffer(head + payload.length)
  const view = new DataView(buffer)
  view.setUint8(0, kind)
  if (epoch_ms !== null) view.setBigUint64(1, epoch_ms, false)
  new Uint8Array(buffer, head).set(payload)
  return buffer
}

describe('wire format', () => {
  it('reads an init segment, which carries no time', () => {
    const read = parseMedia(message(0, null, [7, 8, 9]))
    expect(read?.kind).toBe('init')
    expect(read?.receivedAt).toBeNull()
    expect([...read!.payload]).toEqual([7, 8, 9])
  })

  it('reads a key fragment with its big-endian epoch milliseconds', () => {
    // 2026-03-05T04:03:22.123Z is 1772683402123 ms after the epoch.
    const read = parseMedia(message(1, 1772683402123n, [1]))
    expect(read?.kind).toBe('key')
    expect(read?.receivedAt?.toISOString()).toBe('2026-03-05T04:03:22.123Z')
    expect([...read!.payload]).toEqual([1])
  })

  it('tells further fragments and posters apart', () => {
    expect(parseMedia(message(2, 5n, [1]))?.kind).toBe('delta')
    expect(parseMedia(message(3, 5n, [1]))?.kind).toBe('poster')
  })

  it('skips what is empty, cut short or unknown', () => {
    expect(parseMedia(new ArrayBuffer(0))).toBeNull()
    expect(parseMedia(message(1, null, [0, 0]))).toBeNull()
    expect(parseMedia(message(9, 5n, [1]))).toBeNull()
  })

  it('reads notices and ignores anything else', () => {
    expect(parseNotice('{"type":"status","state":"live","last_frame_at":null,"reason":null}')).toMatchObject({ type: 'status', state: 'live' })
    expect(parseNotice('{"type":"weather"}')).toBeNull()
    expect(parseNotice('not json')).toBeNull()
  })

  it('does not hammer a device that refused the password', () => {
    expect(isFinal('stream.credentials_rejected')).toBe(true)
    expect(isFinal('stream.camera_unreachable')).toBe(false)
  })
})

describe('notices of conversions and sound', () => {
  it('are read, and sound has kinds of its own', () => {
    expect(parseNotice('{"type":"queue","place":2,"of":3}')).toEqual({ type: 'queue', place: 2, of: 3 })
    expect(parseNotice('{"type":"sound","state":"left_out","coding":"g726","mime":null}')).toMatchObject({ state: 'left_out' })
    expect(parseMedia(new Uint8Array([4, 9]).buffer)).toMatchObject({ kind: 'soundInit', receivedAt: null })
    expect(parseMedia(new Uint8Array([5, 0, 0, 0, 0, 0, 0, 3, 232, 7]).buffer)).toMatchObject({ kind: 'sound', receivedAt: new Date(1000) })
  })
})
