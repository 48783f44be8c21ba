import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it } from 'vitest'
import { sendFixes } from './fixes'
import { openRecords, type NewEntry, type Records } from './records'
import type { Post } from './requests'
import { discard, hurry, retry, sendAll, type Heard } from './sending'

const ok = (id: number): Heard => ({ status: 201, answer: { id, number: `N${id}` }, fault: null })
const refusal = (status: number, code = 'dispatch.step'): Heard => ({ status, answer: null, fault: { status, code, message: 'no' } })
const silence: Heard = { status: 0, answer: null, fault: null }

let records: Records
let count = 0
let now = 0

beforeEach(() => {
  records = openRecords(`test-${count++}`)
  now = 1_000_000
})

/** A server that remembers what it was told and answers by key, as the real one does. */
class Server {
  told: Post[] = []
  made = new Map<string, number>()
  constructor(readonly answer: (request: Post, nth: number) => Heard = (_request, nth) => ok(nth)) {}
  wire = { now: () => now, post: (request: Post) => Promise.resolve(this.hear(request)) }
  hear(request: Post): Heard {
    this.told.push(structuredClone(request))
    const heard = this.answer(request, this.told.length)
    if (heard.status === 201 && !this.made.has(request.key)) this.made.set(request.key, this.made.size + 1)
    return heard.status === 201 ? ok(this.made.get(request.key)!) : heard
  }
  get keys() {
    return this.told.map((request) => request.key)
  }
}

async function put(key: string, more: Partial<NewEntry> = {}): Promise<void> {
  const entry = { owner: 1, key, lane: 'assignment:7', kind: 'act' as const, path: '/assignments/7/acts', body: { act: key }, at: '2026-01-01T00:00:00Z', title: 't' }
  await records.entries.add({ ...entry, ...more, state: 'waiting', tries: 0, nextAt: 0 })
}

const waiting = async () => (await records.entries.orderBy('id').toArray()).map((entry) => entry.key)

describe('the queue', () => {
  it('sends in order, each once, and is empty then', async () => {
    const server = new Server()
    for (const key of ['accept', 'start', 'arrive']) await put(key)
    expect(await sendAll(records, 1, server.wire)).toBe('done')
    expect(server.keys).toEqual(['accept', 'start', 'arrive'])
    expect(await waiting()).toEqual([])
    expect(await sendAll(records, 1, server.wire)).toBe('done')
    expect(server.told.length).toBe(3)
  })

  it('sends the same request again when no answer came, so that the server knows it', async () => {
    const server = new Server((_request, nth) => (nth === 1 ? silence : ok(nth)))
    await put('accept')
    expect(await sendAll(records, 1, server.wire)).toBe('offline')
    await hurry(records, 1)
    expect(await sendAll(records, 1, server.wire)).toBe('done')
    expect(server.told[1]).toEqual(server.told[0])
    expect(server.made.size).toBe(1)
  })

  it('keeps everything over a closed application', async () => {
    await put('accept', { bytes: new Uint8Array([1, 2, 3]).buffer })
    const name = records.name
    records.close()
    records = openRecords(name)
    const server = new Server()
    await sendAll(records, 1, server.wire)
    expect(new Uint8Array(server.told[0]!.body as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('waits longer after each failure, and other objects do not wait with it', async () => {
    const server = new Server((request, nth) => (request.key === 'accept' ? refusal(503) : ok(nth)))
    await put('accept')
    await put('start')
    await put('other', { lane: 'assignment:8' })
    expect(await sendAll(records, 1, server.wire)).toBe('waiting')
    expect(server.keys).toEqual(['accept', 'other'])
    expect(await waiting()).toEqual(['accept', 'start'])
    await sendAll(records, 1, server.wire)
    expect(server.told.length).toBe(2)
    now += 1000
    await sendAll(records, 1, server.wire)
    const [entry] = await records.entries.toArray()
    expect([server.told.length, entry!.tries]).toEqual([3, 2])
    expect(entry!.nextAt - now).toBeGreaterThan(1400)
  })

  it('shows what was refused, holds what is built on it, and drops it only when told to', async () => {
    const server = new Server((request, nth) => (request.key === 'accept' ? refusal(409) : ok(nth)))
    await put('accept')
    await put('start')
    await sendAll(records, 1, server.wire)
    await sendAll(records, 1, server.wire)
    expect(server.keys).toEqual(['accept'])
    const [refused] = await records.entries.toArray()
    expect([refused!.state, refused!.fault!.message]).toEqual(['refused', 'no'])
    await discard(records, refused!)
    await sendAll(records, 1, server.wire)
    expect(server.keys).toEqual(['accept', 'start'])
  })

  it('tries a refused one again when asked', async () => {
    const server = new Server((_request, nth) => (nth === 1 ? refusal(422) : ok(nth)))
    await put('accept')
    await sendAll(records, 1, server.wire)
    await retry(records, (await records.entries.toArray())[0]!)
    expect(await sendAll(records, 1, server.wire)).toBe('done')
  })

  it('loses and blames nothing when the session has ended', async () => {
    const server = new Server(() => refusal(401))
    await put('accept')
    await put('report', { lane: 'report:x' })
    expect(await sendAll(records, 1, server.wire)).toBe('signed_out')
    expect(server.told.length).toBe(1)
    expect((await records.entries.toArray()).map((entry) => [entry.state, entry.tries])).toEqual([
      ['waiting', 0],
      ['waiting', 0],
    ])
  })

  it('leaves what another account wrote to that account', async () => {
    const server = new Server()
    await put('theirs', { owner: 2 })
    await put('mine', { lane: 'assignment:9' })
    await sendAll(records, 1, server.wire)
    expect(server.keys).toEqual(['mine'])
    expect(await waiting()).toEqual(['theirs'])
  })
})

describe('what refers to an answer', () => {
  const photograph = { lane: 'report:r', kind: 'photograph' as const, path: '/photographs', query: { incident_id: { $ref: 'r' } } }

  it('carries the id that the server gave', async () => {
    const server = new Server()
    await put('earlier', { lane: 'assignment:1' })
    await put('r', { lane: 'report:r', kind: 'report', path: '/incidents' })
    await put('p', photograph)
    await sendAll(records, 1, server.wire)
    expect(server.told[2]!.query).toEqual({ incident_id: 2 })
  })

  it('goes with the report that is discarded', async () => {
    await put('r', { lane: 'report:r', kind: 'report', path: '/incidents' })
    await put('p', photograph)
    await discard(records, (await records.entries.toArray())[0]!)
    expect(await waiting()).toEqual([])
  })

  it('goes without the photograph that is discarded', async () => {
    const server = new Server()
    await put('p', { kind: 'photograph', path: '/photographs', query: { assignment_id: 7 } })
    await put('finish', { body: { act: 'finish', photograph_id: { $ref: 'p' } } })
    await discard(records, (await records.entries.toArray())[0]!)
    await sendAll(records, 1, server.wire)
    expect(server.told[0]!.body).toEqual({ act: 'finish', photograph_id: null })
  })
})

describe('positions', () => {
  const fix = (second: number) => ({ owner: 1, at: new Date(second * 1000).toISOString(), lon: 110, lat: 34, accuracy: 5, speed: null })
  const taken = { status: 200, answer: { accepted: 1, duplicates: 0, refused: [] }, fault: null }

  it('go after the duty they belong to', async () => {
    await put('on', { lane: 'duty', kind: 'duty', path: '/handheld/duty' })
    await records.fixes.add(fix(1) as never)
    const batches: number[] = []
    const post = (body: { fixes: unknown[] }) => Promise.resolve((batches.push(body.fixes.length), taken))
    await sendFixes(records, 1, 'zh', post)
    expect(batches).toEqual([])
    await sendAll(records, 1, new Server().wire)
    await sendFixes(records, 1, 'zh', post)
    expect([batches, await records.fixes.count()]).toEqual([[1], 0])
  })

  it('stay when no answer came, go in batches, and are counted when refused', async () => {
    await records.fixes.bulkAdd(Array.from({ length: 450 }, (_unused, n) => fix(n)) as never[])
    const batches: number[] = []
    let isOnline = false
    const post = (body: { fixes: unknown[] }): Promise<Heard> => {
      if (!isOnline) return Promise.resolve(silence)
      batches.push(body.fixes.length)
      const refused = batches.length === 1 ? [{ row: 0, code: 'fixes.off_duty', zh: '不在岗', en: 'off duty' }] : []
      return Promise.resolve({ ...taken, answer: { refused } })
    }
    await sendFixes(records, 1, 'zh', post)
    expect(await records.fixes.count()).toBe(450)
    isOnline = true
    await sendFixes(records, 1, 'zh', post)
    expect([batches, await records.fixes.count()]).toEqual([[200, 200, 50], 0])
    expect(await records.refusals.toArray()).toMatchObject([{ code: 'fixes.off_duty', message: '不在岗', rows: 1 }])
  })
})
