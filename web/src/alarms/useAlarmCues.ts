import { onBeforeUnmount, onMounted, watch } from 'vue'
import { useAlarms } from '@/stores/alarms'
import { useLive } from '@/stores/live'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'

/** One short note, lower than that of a new incident; off unless somebody asks for it. */
function note(): void {
  const audio = new AudioContext()
  const tone = audio.createOscillator()
  const level = audio.createGain()
  tone.frequency.value = 520
  level.gain.setValueAtTime(0.1, audio.currentTime)
  level.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.18)
  tone.connect(level).connect(audio.destination)
  tone.start()
  tone.stop(audio.currentTime + 0.2)
  window.setTimeout(() => void audio.close(), 500)
}

/** Keeps the bell true in every workspace; sounds when more wait than before and sound was asked for. */
export function useAlarmCues(): void {
  const alarms = useAlarms()
  const live = useLive()
  const session = useSession()
  const preferences = usePreferences()
  if (!session.may('alarms.read')) return

  watch(
    () => alarms.unseen,
    (now, before) => {
      if (now > before && preferences.kept.alarmSoundOn) note()
    },
  )
  const stops = [live.on('alarm', alarms.loadSoon), live.onCatchUp(alarms.loadSoon)]
  onMounted(() => void alarms.load())
  onBeforeUnmount(() => stops.forEach((stop) => stop()))
}
