import type { Fault, FixRow, Records } from './records'
import type { Heard } from './sending'

export const batchSize = 200

export interface FixesPost {
  fixes: { lon: number; lat: number; at: string; accuracy: number | null; speed: number | null }[]
}

type PostFixes = (body: FixesPost) => Promise<Heard>

interface RefusedRow {
  row: number
  code: string
  zh: string
  en: string
}

/** Send positions in batches. A repeated batch changes nothing at the server, so no key is needed. */
export async function sendFixes(records: Records, owner: number, language: 'zh' | 'en', post: PostFixes): Promise<number> {
  for (;;) {
    // A position counts on duty only: what tells the duty goes first.
    if (await records.entries.where({ owner, lane: 'duty' }).count()) return 0
    const rows = await records.fixes.where({ owner }).limit(batchSize).toArray()
    if (!rows.length) return 0
    const heard = await post({ fixes: rows.map(({ lon, lat, at, accuracy, speed }) => ({ lon, lat, at, accuracy, speed })) })
    const isFinal = heard.status >= 400 && heard.status < 500 && ![401, 403, 408, 425, 429].includes(heard.status)
    if (heard.status >= 300 && !isFinal) return heard.status
    if (heard.status < 200) return 0
    await settleFixes(records, owner, rows, refusedOf(heard, rows, language))
  }
}

function refusedOf(heard: Heard, rows: FixRow[], language: 'zh' | 'en'): Fault[] {
  if (heard.status >= 400) return rows.map(() => heard.fault ?? { status: heard.status, code: 'http', message: String(heard.status) })
  const refused = (heard.answer?.refused ?? []) as RefusedRow[]
  return refused.map((row) => ({ status: 200, code: row.code, message: row[language] }))
}

async function settleFixes(records: Records, owner: number, rows: FixRow[], refused: Fault[]): Promise<void> {
  const at = rows[rows.length - 1]!.at
  await records.transaction('rw', records.fixes, records.refusals, async () => {
    await records.fixes.bulkDelete(rows.map((row) => row.id))
    for (const { code, message } of refused) {
      const before = await records.refusals.get([owner, code])
      await records.refusals.put({ owner, code, message, rows: (before?.rows ?? 0) + 1, at })
    }
  })
}
