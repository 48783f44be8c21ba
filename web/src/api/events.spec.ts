import { describe, expect, it } from 'vitest'
import { parseEvents } from './events'

describe('server-sent events', () => {
  it('reads whole events and keeps the unfinished tail', () => {
    const { events, rest } = parseEvents('event: change\ndata: {"id":1}\n\nevent: cha')
    expect(events).toEqual([{ event: 'change', data: '{"id":1}' }])
    expect(rest).toBe('event: cha')
  })

  it('drops heartbeat comments', () => {
    expect(parseEvents(': beat\n\n: beat\n\n')).toEqual({ events: [], rest: '' })
  })

  it('joins several data lines and reads CRLF', () => {
    expect(parseEvents('data: a\r\ndata: b\r\n\r\n').events).toEqual([{ event: 'message', data: 'a\nb' }])
  })

  it('takes an event that has no data, such as a call to resync', () => {
    expect(parseEvents('event: resync\n\n').events).toEqual([{ event: 'resync', data: '' }])
  })
})
