import { onBeforeUnmount } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Incident } from '@/api/types'
import { useIncidents } from '@/stores/incidents'
import { useLive } from '@/stores/live'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import { useToasts } from '@/stores/toasts'

/** Two short falling notes; made here so that no sound file is fetched. */
function chime(): void {
  const audio = new AudioContext()
  for (const [i, pitch_hz] of [880, 660].entries()) {
    const tone = audio.createOscillator()
    const level = audio.createGain()
    const start_s = audio.currentTime + i * 0.22
    tone.frequency.value = pitch_hz
    level.gain.setValueAtTime(0, start_s)
    level.gain.linearRampToValueAtTime(0.16, start_s + 0.02)
    level.gain.exponentialRampToValueAtTime(0.001, start_s + 0.2)
    tone.connect(level).connect(audio.destination)
    tone.start(start_s)
    tone.stop(start_s + 0.21)
  }
  window.setTimeout(() => void audio.close(), 800)
}

/** The workspace of the map stays alive behind the wall: only one of them announces. */
let isHeard = false

/** Live facts for the queue. A new red incident sounds once and marks the title; the selection is never taken away. */
export function useCues(view: (id: number) => unknown): void {
  if (isHeard) return
  isHeard = true
  const { t } = useI18n()
  const incidents = useIncidents()
  const live = useLive()
  const session = useSession()
  const preferences = usePreferences()
  const toasts = useToasts()
  const plainTitle = document.title.replace(/^\(.*?\) /, '')
  let unseen = 0

  function announce(incident: Incident): void {
    if (preferences.kept.soundOn) chime()
    const place = incident.place_text ?? incident.grid?.name ?? ''
    toasts.show('warn', t('incident.newRed', { number: incident.number, place }), { label: t('incident.view'), run: () => view(incident.id) })
    if (document.hidden || !document.hasFocus()) {
      unseen += 1
      document.title = `(${unseen}) ${plainTitle}`
    }
  }

  async function onChange(id: number): Promise<void> {
    const isNew = !incidents.byId.has(id)
    const incident = await incidents.refetch(id)
    // The notice often overtakes the answer to one's own report.
    const isOwn = incident.reported_by === session.user?.display_name
    if (isNew && !isOwn && incident.severity === 'red' && incident.state === 'reported') announce(incident)
  }

  function seen(): void {
    unseen = 0
    document.title = plainTitle
  }

  const stops = [
    live.on('incident', ({ id }) => void onChange(Number(id)).catch(() => undefined)),
    live.onCatchUp(() => void incidents.refresh().catch(() => undefined)),
  ]
  window.addEventListener('focus', seen)
  onBeforeUnmount(() => {
    isHeard = false
    stops.forEach((stop) => stop())
    window.removeEventListener('focus', seen)
  })
}
