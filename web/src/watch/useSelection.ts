import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { LonLat } from '@/format/coordinates'

export type Selection =
  | { kind: 'none' }
  | { kind: 'incidents' | 'cameras' | 'grids' | 'places'; id: number }
  | { kind: 'place' | 'report'; at: LonLat | null }

const numberOf = (value: unknown): number | null => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : NaN
  return Number.isFinite(number) ? number : null
}

/** The one selection of the workspace. It lives in the address, so it survives reload and can be sent to a colleague. */
export function useSelection() {
  const route = useRoute()
  const router = useRouter()

  const selection = computed<Selection>((previous) => {
    // Another workspace is open while this one is kept alive: its address says nothing about our selection.
    if (route.name !== 'watch') return previous ?? { kind: 'none' }
    const { kind, id } = route.params
    if (kind === 'place' || kind === 'report') {
      const lon = numberOf(route.query.lon)
      const lat = numberOf(route.query.lat)
      return { kind, at: lon === null || lat === null ? null : { lon, lat } }
    }
    const number = numberOf(id)
    if (number !== null && (kind === 'incidents' || kind === 'cameras' || kind === 'grids' || kind === 'places')) return { kind, id: number }
    return { kind: 'none' }
  })

  const query = (at: LonLat | null) => (at ? { lon: at.lon.toFixed(6), lat: at.lat.toFixed(6) } : {})

  return {
    selection,
    selectIncident: (id: number) => router.push(`/watch/incidents/${id}`),
    selectCamera: (id: number) => router.push(`/watch/cameras/${id}`),
    selectGrid: (id: number) => router.push(`/watch/grids/${id}`),
    selectNamedPlace: (id: number) => router.push(`/watch/places/${id}`),
    askPlace: (at: LonLat) => router.push({ path: '/watch/place', query: query(at) }),
    report: (at: LonLat | null) => router.push({ path: '/watch/report', query: query(at) }),
    clear: () => router.push('/watch'),
  }
}
