import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/evidence'
import { useLive } from './live'

const settle_ms = 150

/** Evidence of the incidents that are looked at, and how full its store is. */
export const useEvidence = defineStore('evidence', () => {
  const byIncident = shallowRef(new Map<number, api.EvidenceList>())
  const failure = ref<unknown>(null)
  /** For what evidence is read; the register keeps it with each reading. */
  const purpose = ref('incident')
  const storage = computed(() => [...byIncident.value.values()].at(-1)?.storage ?? null)
  const live = useLive()
  let waiting = 0

  async function load(incidentId: number): Promise<void> {
    try {
      const found = await api.fetchEvidence(incidentId)
      const next = new Map(byIncident.value)
      next.delete(incidentId)
      byIncident.value = next.set(incidentId, found)
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  /** Loads what nobody has asked for yet; what is there is kept up to date by notices. */
  async function want(incidentId: number): Promise<void> {
    if (!byIncident.value.has(incidentId)) await load(incidentId)
  }

  function soon(): void {
    window.clearTimeout(waiting)
    waiting = window.setTimeout(() => byIncident.value.forEach((_, id) => void load(id)), settle_ms)
  }

  live.on('evidence', soon)
  live.onCatchUp(soon)

  const listOf = (incidentId: number) => byIncident.value.get(incidentId)?.evidence ?? []
  const marksOf = (incidentId: number) => byIncident.value.get(incidentId)?.marks ?? []
  /** The clip of a camera that is being recorded for an incident. */
  const running = (incidentId: number, cameraId: number) =>
    listOf(incidentId).find(({ kind, camera_id, state }) => kind === 'clip' && camera_id === cameraId && (state === 'waiting' || state === 'recording'))

  /** Does something, then shows what came of it; the error is the caller's to tell. */
  async function after<T>(incidentId: number, work: Promise<T>): Promise<T> {
    try {
      return await work
    } finally {
      await load(incidentId)
    }
  }

  const begin = (incidentId: number, cameraId: number, why: string) => after(incidentId, api.beginClip(incidentId, { camera_id: cameraId, purpose: why }))
  const keepRecording = (incidentId: number, body: Parameters<typeof api.keepRecording>[1]) => after(incidentId, api.keepRecording(incidentId, body))
  const stop = (incidentId: number, id: number) => after(incidentId, api.stopClip(incidentId, id))
  const snapshot = (incidentId: number, cameraId: number, why: string) => after(incidentId, api.keepSnapshot(incidentId, { camera_id: cameraId, purpose: why }))
  const mark = (incidentId: number, text: string, at: string, cameraId?: number) => after(incidentId, api.setMark(incidentId, { text, at, camera_id: cameraId }))
  const hold = (evidence: api.Evidence, held: boolean, reason: string) => after(evidence.incident_id, api.holdEvidence(evidence.id, { held, reason }))
  const publish = (evidence: api.Evidence, masks: api.Mask[]) => after(evidence.incident_id, api.publishEvidence(evidence.id, { masks, purpose: purpose.value }))

  return { byIncident, failure, purpose, storage, load, want, listOf, marksOf, running, begin, keepRecording, stop, snapshot, mark, hold, publish }
})
