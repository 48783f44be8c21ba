import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import * as api from '@/api/planning'

type Asked = Pick<api.FigureQuery, 'reading' | 'measure' | 'scale'>

/** One kind of subject with its figures, as last asked. */
interface Table {
  key: string
  rows: api.FigureRow[]
  isLoading: boolean
  failure: unknown
}

const page = 1000
const empty = (): Table => ({ key: '', rows: [], isLoading: false, failure: null })

export const useCoverage = defineStore('coverage', () => {
  const summary = ref<api.CoverageSummary | null>(null)
  const failure = ref<unknown>(null)
  const tables = shallowRef<Record<api.SubjectKind, Table>>({ grid: empty(), division: empty(), place: empty() })
  const opened = shallowRef<api.SubjectFigures | null>(null)
  const openFailure = ref<unknown>(null)
  const gaps = shallowRef<api.Gap[] | null>(null)
  const losses = shallowRef<api.Loss[] | null>(null)
  const listFailure = ref<unknown>(null)
  /** Counts the answers after a refresh, for those who draw from tiles or other calls. */
  const edition = ref(0)

  const put = (kind: api.SubjectKind, table: Table) => (tables.value = { ...tables.value, [kind]: table })

  async function loadSummary(): Promise<void> {
    try {
      summary.value = await api.fetchSummary()
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  /** All rows of a kind, a page after another; what was shown stays until the new rows are here. */
  async function loadTable(kind: api.SubjectKind, { reading, measure, scale }: Asked, isForced = false): Promise<void> {
    const key = [reading, measure, scale].join()
    const before = tables.value[kind]
    if (!isForced && before.key === key && (before.isLoading || before.failure === null)) return
    put(kind, { key, rows: before.rows, isLoading: true, failure: null })
    const rows: api.FigureRow[] = []
    try {
      for (;;) {
        const answer = await api.fetchFigures({ subject: kind, reading, measure, scale, offset: rows.length, limit: page, sort: 'code' })
        if (tables.value[kind].key !== key) return
        rows.push(...answer.rows)
        if (answer.rows.length === 0 || rows.length >= answer.total) break
      }
      put(kind, { key, rows, isLoading: false, failure: null })
    } catch (error) {
      if (tables.value[kind].key === key) put(kind, { key, rows: before.rows, isLoading: false, failure: error })
    }
  }

  let wanted = ''
  async function open(kind: api.SubjectKind, id: number, reading: api.Reading, band: api.BandCode): Promise<void> {
    const mine = `${kind}/${id}`
    if (wanted !== mine) opened.value = null
    wanted = mine
    openFailure.value = null
    try {
      const found = await api.fetchSubject(kind, id, reading, band)
      if (wanted === mine) opened.value = found
    } catch (error) {
      if (wanted === mine) openFailure.value = error
    }
  }

  function leave(): void {
    wanted = ''
    opened.value = null
    openFailure.value = null
  }

  let listed = ''
  /** A ranked list for the reading and band in view; the former stays in view until the new one is here. */
  async function list<T>(name: string, fetch: () => Promise<api.Page<T>>, take: (rows: T[]) => void): Promise<void> {
    listed = name
    listFailure.value = null
    try {
      const { rows } = await fetch()
      if (listed === name) take(rows)
    } catch (error) {
      if (listed === name) listFailure.value = error
    }
  }

  const loadGaps = (reading: api.Reading, band: api.BandCode) =>
    list(`gaps ${reading} ${band}`, () => api.fetchGaps({ reading, band, limit: 500 }), (rows) => (gaps.value = rows))
  const loadLosses = (reading: api.Reading, band: api.BandCode, order: 'least' | 'most') =>
    list(`losses ${reading} ${band} ${order}`, () => api.fetchLosses({ reading, band, order, limit: 200 }), (rows) => (losses.value = rows))

  return {
    summary, failure, tables, opened, openFailure, gaps, losses, listFailure, edition,
    loadSummary, loadTable, open, leave, loadGaps, loadLosses,
  }
})
