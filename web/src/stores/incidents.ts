import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/incidents'
import { useWall } from './wall'
import type { Incident, IncidentKinds, Severity, SightAnswer, TimelineEntry } from '@/api/types'

const severityRank: Record<Severity, number> = { red: 0, yellow: 1, blue: 2 }

/** Red before yellow before blue; within a colour the newest first. Closed ones sink. */
export function queueOrder(a: Incident, b: Incident): number {
  const ended = (incident: Incident) => (incident.state === 'closed' || incident.state === 'rejected' ? 1 : 0)
  return (
    ended(a) - ended(b) ||
    severityRank[a.severity] - severityRank[b.severity] ||
    b.reported_at.localeCompare(a.reported_at)
  )
}

export const useIncidents = defineStore('incidents', () => {
  const kinds = ref<IncidentKinds | null>(null)
  const byId = shallowRef(new Map<number, Incident>())
  const isLoaded = ref(false)
  const asOf = ref<Date | null>(null)
  const scope = ref<'open' | 'all'>('open')
  const severity = ref<Severity | null>(null)
  const opened = ref<Incident | null>(null)
  const timeline = ref<TimelineEntry[]>([])
  const sight = ref<SightAnswer | null>(null)
  const failure = ref<unknown>(null)

  const queue = computed(() =>
    [...byId.value.values()]
      .filter((incident) => severity.value === null || incident.severity === severity.value)
      .filter((incident) => scope.value === 'all' || incident.state === 'reported' || incident.state === 'handling')
      .sort(queueOrder),
  )

  function put(incident: Incident): void {
    const next = new Map(byId.value)
    byId.value = next.set(incident.id, incident)
    if (opened.value?.id === incident.id) opened.value = { ...opened.value, ...incident }
  }

  async function loadKinds(): Promise<void> {
    kinds.value ??= await api.fetchKinds()
  }

  async function refresh(): Promise<void> {
    const answer = await api.fetchIncidents({ state: scope.value, limit: 500 })
    byId.value = new Map(answer.incidents.map((incident) => [incident.id, incident]))
    asOf.value = new Date(answer.as_of)
    isLoaded.value = true
  }

  /** Opens one incident: facts first, then timeline and cameras side by side; its best cameras are warmed. */
  async function open(id: number): Promise<void> {
    if (opened.value?.id !== id) {
      opened.value = byId.value.get(id) ?? null
      timeline.value = []
      sight.value = null
    }
    failure.value = null
    try {
      const incident = await api.fetchIncident(id)
      opened.value = incident
      put(incident)
      const [entries, answer] = await Promise.all([api.fetchTimeline(id), api.fetchIncidentCameras(id)])
      if (opened.value.id !== id) return
      timeline.value = entries
      sight.value = answer
      warmBest(answer)
    } catch (error) {
      failure.value = error
    }
  }

  function warmBest(answer: SightAnswer): void {
    const seeing = answer.cameras.filter((camera) => camera.sight !== 'blocked' && camera.alive !== false)
    useWall().warm(seeing.slice(0, 4).map((camera) => camera.camera_id))
  }

  /** One incident changed somewhere: fetch it alone, and its timeline if it is the one being looked at. */
  async function refetch(id: number): Promise<Incident> {
    const incident = await api.fetchIncident(id)
    put(incident)
    if (opened.value?.id === id) timeline.value = await api.fetchTimeline(id)
    return incident
  }

  function leave(): void {
    opened.value = null
    timeline.value = []
    sight.value = null
    failure.value = null
  }

  return { kinds, byId, isLoaded, asOf, scope, severity, opened, timeline, sight, failure, queue, put, loadKinds, refresh, open, refetch, leave }
})
