import { liveQuery } from 'dexie'
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { openRecords } from '@m/queue/records'

export const records = openRecords()

/** What a question to the phone's database answers, kept current, across tabs too. */
export function live<T>(question: () => Promise<T>, first: T): Readonly<ShallowRef<T>> {
  const found = shallowRef(first)
  const listening = liveQuery(question).subscribe((now) => (found.value = now))
  onScopeDispose(() => listening.unsubscribe())
  return found
}

export async function keep(name: string, value: unknown): Promise<void> {
  await records.kept.put({ name, value: JSON.parse(JSON.stringify(value)) as unknown })
}

export async function kept<T>(name: string): Promise<T | null> {
  return ((await records.kept.get(name))?.value as T | undefined) ?? null
}
