import type { Answer, Entry, Ref } from './records'

export interface Post {
  path: string
  query: Record<string, string | number | null>
  body: Record<string, unknown> | ArrayBuffer
  mediaType: string
  key: string
}

function isRef(value: unknown): value is Ref {
  return typeof value === 'object' && value !== null && '$ref' in value
}

/** Fill in what earlier answers gave. What was discarded is null: the rest goes without it. */
function filled(value: unknown, answers: Map<string, Answer>): unknown {
  return isRef(value) ? (answers.get(value.$ref)?.id ?? null) : value
}

function filledAll<T>(values: Record<string, T>, answers: Map<string, Answer>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, filled(value, answers)]))
}

/** The keys of the entries whose answers an entry needs. */
export function needsOf(entry: Entry): string[] {
  return [...Object.values(entry.query ?? {}), ...Object.values(entry.body ?? {})].filter(isRef).map((ref) => ref.$ref)
}

/** The entry with all that it refers to filled in; it stays so from the first attempt on. */
export function frozen(entry: Entry, answers: Map<string, Answer>): Entry {
  if (entry.isFrozen) return entry
  const body = entry.body && filledAll(entry.body, answers)
  const query = entry.query && (filledAll(entry.query, answers) as Entry['query'])
  return { ...entry, body, query, isFrozen: true }
}

export function postOf(entry: Entry): Post {
  return {
    path: entry.path,
    query: (entry.query ?? {}) as Post['query'],
    body: entry.bytes ?? entry.body ?? {},
    mediaType: entry.mediaType ?? 'application/json',
    key: entry.key,
  }
}
