import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/alarms'
import type { SightAnswer } from '@/api/types'

const page = 200
/** A storm tells of itself twice a second; the list is read once in this time. */
const pause_ms = 1000

/** What devices report: the list as narrowed, the one opened with who sees its place, how many wait. */
export const useAlarms = defineStore('alarms', () => {
  const rows = shallowRef<api.Alarm[] | null>(null)
  const failure = ref<unknown>(null)
  const unseen = ref(0)
  const suppressed = ref(0)
  const shown = ref<api.AlarmQuery['shown']>('told')
  const kind = ref<api.AlarmKind | null>(null)
  const hasMore = ref(false)
  const opened = shallowRef<api.Alarm | null>(null)
  const sight = shallowRef<SightAnswer | null>(null)
  const openFailure = ref<unknown>(null)
  const rules = shallowRef<api.AlarmRule[] | null>(null)

  const query = computed<api.AlarmQuery>(() => ({ shown: shown.value, limit: page, ...(kind.value ? { kind: kind.value } : {}) }))

  let asked = 0
  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const found = await api.fetchAlarms(query.value)
      if (mine !== asked) return
      rows.value = found.rows
      unseen.value = found.unseen
      suppressed.value = found.suppressed
      hasMore.value = found.rows.length === page
      failure.value = null
    } catch (error) {
      if (mine === asked) failure.value = error
    }
  }

  async function loadMore(): Promise<void> {
    const last = rows.value?.at(-1)
    if (!last) return
    const found = await api.fetchAlarms({ ...query.value, before: last.id })
    rows.value = [...(rows.value ?? []), ...found.rows]
    hasMore.value = found.rows.length === page
  }

  let timer = 0
  /** Reads again soon: many notices, one question. */
  function loadSoon(): void {
    if (timer) return
    timer = window.setTimeout(() => {
      timer = 0
      void load()
    }, pause_ms)
  }

  let wanted: number | null = null
  async function open(id: number): Promise<void> {
    if (wanted !== id) {
      opened.value = rows.value?.find((row) => row.id === id) ?? null
      sight.value = null
    }
    wanted = id
    openFailure.value = null
    try {
      const [alarm, answer] = await Promise.all([api.fetchAlarm(id), api.fetchAlarmCameras(id)])
      if (wanted !== id) return
      opened.value = alarm
      sight.value = answer
    } catch (error) {
      if (wanted === id) openFailure.value = error
    }
  }

  function leave(): void {
    wanted = null
    opened.value = null
    sight.value = null
    openFailure.value = null
  }

  /** An answer about one alarm, wherever it is shown. */
  function put(alarm: api.Alarm): void {
    if (opened.value?.id === alarm.id) opened.value = alarm
    rows.value = rows.value?.map((row) => (row.id === alarm.id ? alarm : row)) ?? null
  }

  async function see(id: number): Promise<void> {
    put(await api.seeAlarm(id))
    await load()
  }

  const loadRules = async () => void (rules.value = await api.fetchAlarmRules())

  return { rows, failure, unseen, suppressed, shown, kind, hasMore, opened, sight, openFailure, rules, load, loadMore, loadSoon, open, leave, put, see, loadRules }
})
