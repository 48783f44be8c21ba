import type { Answer, Entry, Fault, Records } from './records'
import { waitAfter } from './backoff'
import { frozen, needsOf, postOf, type Post } from './requests'

/** An answer of the server: 2xx with what it said, or a refusal with its own words; 0 is no answer at all. */
export interface Heard {
  status: number
  answer: Record<string, unknown> | null
  fault: Fault | null
}

export interface Wire {
  post: (request: Post) => Promise<Heard>
  now: () => number
}

/** Why a pass ended: all sent, something waits for its time, no network, or nobody is signed in. */
export type Outcome = 'done' | 'waiting' | 'offline' | 'signed_out'

const isPassing = (status: number) => status === 0 || status === 408 || status === 425 || status === 429 || status >= 500

/** Send what waits of one account: in order within a lane, lanes independent of each other. */
export async function sendAll(records: Records, owner: number, wire: Wire): Promise<Outcome> {
  const held = new Set<string>()
  let outcome: Outcome = 'done'
  for (const { id } of await records.entries.where({ owner }).sortBy('id')) {
    const entry = await records.entries.get(id) // may have been discarded meanwhile
    if (!entry || held.has(entry.lane)) continue
    if (entry.state === 'refused' || entry.nextAt > wire.now()) {
      held.add(entry.lane)
      if (entry.state === 'waiting') outcome = 'waiting'
      continue
    }
    const status = await sendOne(records, entry, wire)
    if (status === 401) return 'signed_out'
    if (status === 0) return 'offline'
    if (status >= 300) held.add(entry.lane)
    if (isPassing(status)) outcome = 'waiting'
  }
  return outcome
}

async function sendOne(records: Records, entry: Entry, wire: Wire): Promise<number> {
  const answers = await answersFor(records, entry)
  const fixed = frozen(entry, answers)
  await records.entries.put(fixed)
  const heard = await wire.post(postOf(fixed))
  if (heard.status >= 200 && heard.status < 300) await settle(records, fixed, heard, wire.now())
  else if (isPassing(heard.status)) await postpone(records, fixed, heard, wire.now())
  // A session that has ended is no fault of the act: it waits as it is.
  else if (heard.status !== 401) await refuse(records, fixed, heard)
  return heard.status
}

async function answersFor(records: Records, entry: Entry): Promise<Map<string, Answer>> {
  const found = await records.answers.bulkGet(needsOf(entry))
  return new Map(found.filter((answer) => answer !== undefined).map((answer) => [answer.key, answer]))
}

async function settle(records: Records, entry: Entry, heard: Heard, now: number): Promise<void> {
  const said = heard.answer ?? {}
  const answer: Answer = {
    key: entry.key,
    owner: entry.owner,
    lane: entry.lane,
    kind: entry.kind,
    title: entry.title,
    act: entry.act,
    id: typeof said.id === 'number' ? said.id : null,
    number: typeof said.number === 'string' ? said.number : null,
    at: entry.at,
    sentAt: now,
  }
  await records.transaction('rw', records.entries, records.answers, async () => {
    await records.answers.put(answer)
    await records.entries.delete(entry.id)
  })
}

async function postpone(records: Records, entry: Entry, heard: Heard, now: number): Promise<void> {
  const tries = entry.tries + 1
  await records.entries.update(entry.id, { tries, nextAt: now + waitAfter(tries), fault: heard.fault ?? undefined })
}

async function refuse(records: Records, entry: Entry, heard: Heard): Promise<void> {
  const fault = heard.fault ?? { status: heard.status, code: 'http', message: String(heard.status) }
  await records.entries.update(entry.id, { state: 'refused', tries: entry.tries + 1, fault })
}

/** Try a refused entry anew; the server kept nothing of the attempt it refused. */
export async function retry(records: Records, entry: Entry): Promise<void> {
  await records.entries.update(entry.id, { state: 'waiting', nextAt: 0 })
}

/** Take an entry back, with what cannot stand without it: a report's photographs belong to no incident then. */
export async function discard(records: Records, entry: Entry): Promise<void> {
  await records.transaction('rw', records.entries, async () => {
    await records.entries.delete(entry.id)
    if (entry.kind !== 'report') return
    const lane = await records.entries.where({ lane: entry.lane }).toArray()
    await records.entries.bulkDelete(lane.filter((other) => needsOf(other).includes(entry.key)).map((other) => other.id))
  })
}

/** All is due at once: the network is back, or somebody pressed "send now". */
export async function hurry(records: Records, owner: number): Promise<void> {
  await records.entries.where({ owner }).modify({ nextAt: 0 })
}
