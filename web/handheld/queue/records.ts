import Dexie, { type EntityTable, type Table } from 'dexie'

export type Act = 'accept' | 'refuse' | 'start' | 'arrive' | 'finish'

/** A value that another entry's answer will give: its row's id. */
export interface Ref {
  $ref: string
}

export interface Spot {
  lon: number
  lat: number
  accuracy_m: number | null
  at: string
}

export interface Fault {
  status: number
  code: string
  message: string
  /** What has become of the object meanwhile, if that is why. */
  stateNow?: string
}

/** What is to be told to the server, once. `lane` names its object: entries of one lane go in order. */
export interface Entry {
  id: number
  owner: number
  key: string
  lane: string
  kind: 'act' | 'report' | 'photograph' | 'duty' | 'checkin'
  path: string
  query?: Record<string, string | number | null | Ref>
  body?: Record<string, unknown>
  bytes?: ArrayBuffer
  mediaType?: string
  /** The act's own time, and what it is called in the list of what is unsent. */
  at: string
  title: string
  act?: Act | 'on' | 'off'
  state: 'waiting' | 'refused'
  tries: number
  nextAt: number
  /** Set at the first attempt: a repeated request must be the same request. */
  isFrozen?: boolean
  fault?: Fault
}

export type NewEntry = Omit<Entry, 'id' | 'state' | 'tries' | 'nextAt'>

/** What the server answered to an entry that is gone from the queue. */
export interface Answer {
  key: string
  owner: number
  lane: string
  kind: Entry['kind']
  title: string
  act?: Entry['act']
  id: number | null
  number: string | null
  at: string
  sentAt: number
}

export interface FixRow {
  id: number
  owner: number
  at: string
  lon: number
  lat: number
  accuracy: number | null
  speed: number | null
}

export interface FixRefusals {
  owner: number
  code: string
  message: string
  rows: number
  at: string
}

export interface Kept {
  name: string
  value: unknown
}

export type Records = Dexie & {
  entries: EntityTable<Entry, 'id'>
  answers: EntityTable<Answer, 'key'>
  fixes: EntityTable<FixRow, 'id'>
  refusals: Table<FixRefusals, [number, string]>
  kept: EntityTable<Kept, 'name'>
}

/** The phone's own database: what waits to be sent, and what was read last. */
export function openRecords(name = 'gridlink-handheld'): Records {
  // On the disk before "kept" is said: a phone may lose its power the next moment.
  const records = new Dexie(name, { chromeTransactionDurability: 'strict' }) as Records
  records.version(1).stores({
    entries: '++id, owner, lane, &key',
    answers: 'key, owner, sentAt',
    fixes: '++id, owner, &[owner+at]',
    refusals: '[owner+code], owner',
    kept: 'name',
  })
  return records
}
