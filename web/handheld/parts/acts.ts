import { useI18n } from 'vue-i18n'
import type { Photograph } from '@m/photographs'
import type { Act, NewEntry, Ref, Spot } from '@m/queue/records'
import { usePlace } from '@m/stores/place'
import { useQueue } from '@m/stores/queue'

type Made = Omit<NewEntry, 'owner'>

const at = () => new Date().toISOString()
const placeOf = (spot: Spot | null): Record<string, number> => (spot ? { lon: spot.lon, lat: spot.lat } : {})

function photographEntries(lane: string, subject: Record<string, number | Ref>, photographs: Photograph[], spot: Spot | null, title: string): Made[] {
  return photographs.map((each) => ({
    key: crypto.randomUUID(),
    lane,
    kind: 'photograph',
    path: '/photographs',
    query: { ...subject, taken_at: each.takenAt, ...placeOf(spot) },
    bytes: each.bytes,
    mediaType: each.mediaType,
    at: each.takenAt,
    title,
  }))
}

/** Everything the worker does goes into the queue with its own time, place and key; the network is the queue's affair. */
export function useActs() {
  const { t } = useI18n()
  const queue = useQueue()
  const place = usePlace()

  async function switchDuty(isOn: boolean): Promise<void> {
    const now = at()
    await queue.add({ key: crypto.randomUUID(), lane: 'duty', kind: 'duty', path: '/handheld/duty', body: { on: isOn, at: now }, at: now, title: '', act: isOn ? 'on' : 'off' })
  }

  interface Done {
    assignmentId: number
    act: Act
    title: string
    text?: string
    photographs?: Photograph[]
  }

  async function act(done: Done): Promise<void> {
    const now = at()
    const { spot } = place // as last heard: what was done is kept at once
    const lane = `assignment:${done.assignmentId}`
    const pictures = photographEntries(lane, { assignment_id: done.assignmentId }, done.photographs ?? [], spot, done.title)
    const proof = pictures[0] ? { photograph_id: { $ref: pictures[0].key } } : {}
    const text = done.text?.trim() ? { text: done.text.trim() } : {}
    const body = { act: done.act, at: now, ...placeOf(spot), ...text, ...proof }
    await queue.add(...pictures, { key: crypto.randomUUID(), lane, kind: 'act', path: `/assignments/${done.assignmentId}/acts`, body, at: now, title: done.title, act: done.act })
  }

  interface Seen {
    kind: string
    title: string
    text: string
    place: { lon: number; lat: number }
    photographs: Photograph[]
  }

  async function report(seen: Seen): Promise<void> {
    const now = at()
    const key = crypto.randomUUID()
    const lane = `report:${key}`
    const body = { kind: seen.kind, description: seen.text.trim(), ...seen.place, observed_at: now }
    const spot = { ...seen.place, accuracy_m: null, at: now }
    await queue.add(
      { key, lane, kind: 'report', path: '/incidents', body, at: now, title: seen.title },
      ...photographEntries(lane, { incident_id: { $ref: key } }, seen.photographs, spot, `${seen.title} · ${t('act.photograph')}`),
    )
  }

  async function checkIn(checkpointId: number, title: string): Promise<void> {
    const now = at()
    const { spot } = place
    const body = { at: now, ...placeOf(spot) }
    await queue.add({ key: crypto.randomUUID(), lane: `checkpoint:${checkpointId}`, kind: 'checkin', path: `/patrol/checkpoints/${checkpointId}/check-ins`, body, at: now, title })
  }

  return { switchDuty, act, report, checkIn }
}
