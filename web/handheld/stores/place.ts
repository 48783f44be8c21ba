import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { isWorthKeeping, metresBetween } from '@m/place/thinning'
import type { Spot } from '@m/queue/records'
import { useAccount } from './account'
import { useQueue } from './queue'
import { useToday } from './today'
import { records } from './records'

const fresh_ms = 120_000

/** Where the unit is. On duty each position worth keeping goes into the queue; off duty nothing is asked for. */
export const usePlace = defineStore('handheld-place', () => {
  const account = useAccount()
  const today = useToday()
  const queue = useQueue()
  const spot = ref<Spot | null>(null)
  const fault = ref<'denied' | 'unavailable' | null>(null)
  let watching: number | null = null
  let asking = 0
  let since = 0
  let lastKept: Spot | null = null

  async function hear(position: GeolocationPosition): Promise<void> {
    const { longitude, latitude, accuracy, speed } = position.coords
    const at = new Date(position.timestamp).toISOString()
    spot.value = { lon: longitude, lat: latitude, accuracy_m: accuracy, at }
    fault.value = null
    // The phone may first tell where it was before duty began: that is nobody's affair.
    if (position.timestamp < since) return
    const rule = { least_m: today.today?.settings.fix_least_m ?? 10, every_s: today.today?.settings.fix_every_s ?? 15 }
    if (!account.user || !today.isOnDuty || !isWorthKeeping(lastKept, spot.value, rule)) return
    lastKept = spot.value
    const row = { owner: account.user.id, at, lon: longitude, lat: latitude, accuracy: accuracy ?? null, speed: speed ?? null }
    await records.fixes.add(row).catch(() => undefined) // the same instant twice
    void queue.send()
  }

  function listen(): void {
    if (watching !== null || !('geolocation' in navigator)) return
    since = Date.now()
    const options = { enableHighAccuracy: true, maximumAge: 0 }
    watching = navigator.geolocation.watchPosition((position) => void hear(position), fail, options)
    // Whoever stands still is told of by no watch; a silence would look like a lost signal.
    const every_ms = 1000 * (today.today?.settings.fix_every_s ?? 15)
    asking = window.setInterval(() => navigator.geolocation.getCurrentPosition((position) => void hear(position), () => undefined, options), every_ms)
  }

  function fail(error: GeolocationPositionError): void {
    fault.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable'
  }

  function cease(): void {
    if (watching !== null) navigator.geolocation.clearWatch(watching)
    window.clearInterval(asking)
    watching = null
    lastKept = null
    spot.value = null
  }

  /** One position now, for a report or an act; null when there is none in time. */
  function here(): Promise<Spot | null> {
    const isFresh = spot.value && Date.now() - Date.parse(spot.value.at) < fresh_ms
    if (isFresh || !('geolocation' in navigator)) return Promise.resolve(spot.value)
    return new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        ({ coords, timestamp }) => {
          spot.value = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy, at: new Date(timestamp).toISOString() }
          resolve(spot.value)
        },
        (error) => {
          fail(error)
          resolve(null)
        },
        { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 },
      ),
    )
  }

  function start(): void {
    watch(() => today.isOnDuty && account.user !== null, (isOn) => (isOn ? listen() : cease()), { immediate: true })
  }

  const distanceTo = (lon: number, lat: number) => (spot.value ? metresBetween(spot.value, { lon, lat }) : null)

  return { spot, fault, start, here, distanceTo }
})
