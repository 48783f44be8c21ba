import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { fetchPurposes, warmStreams } from '@/api/streams'
import type { Purpose, Sight, SightCamera } from '@/api/types'
import { useSession } from './session'

export interface WallCamera {
  camera_id: number
  name: string
  sight: Sight | null
  alive: boolean | null
  has_ptz: boolean
  distance_m: number | null
}

/** Why the pictures are opened: one visit to an incident, a place looked at, or a single camera. */
export interface Visit {
  key: string
  title: string
  incidentId: number | null
}

export interface Grant {
  visit: Visit
  purpose: Purpose
}

export interface Tile {
  camera: WallCamera
  grant: Grant
}

export type WallSize = 1 | 4 | 9

const seesOrMay = (camera: WallCamera) => camera.sight !== 'blocked' && camera.alive !== false

export function wallCameraOf(camera: SightCamera): WallCamera {
  const { camera_id, name, sight, alive, has_ptz, distance_m } = camera
  return { camera_id, name, sight, alive, has_ptz, distance_m }
}

export const useWall = defineStore('wall', () => {
  const purposes = ref<Purpose[]>([])
  const isOpen = ref(false)
  const size = ref<WallSize>(4)
  const focused = ref(0)
  const tiles = ref<(Tile | null)[]>([])
  const pending = ref<{ visit: Visit; cameras: WallCamera[] } | null>(null)
  const grants = ref(new Map<string, Grant>())

  const slots = computed(() => Array.from({ length: size.value }, (_, i) => tiles.value[i] ?? null))
  const isEmpty = computed(() => slots.value.every((tile) => tile === null))

  async function loadPurposes(): Promise<void> {
    if (purposes.value.length === 0) purposes.value = await fetchPurposes()
  }

  /** Streams likely to be opened are pulled already; a guess, so a refusal is of no interest. */
  function warm(cameraIds: number[]): void {
    if (cameraIds.length > 0 && useSession().may('streams.open')) void warmStreams(cameraIds).catch(() => undefined)
  }

  function fill(grant: Grant, cameras: WallCamera[]): void {
    tiles.value = cameras.slice(0, 9).map((camera) => ({ camera, grant }))
    // The pictures of the former visit are gone, and with them its purpose: coming back is a new visit.
    grants.value = new Map([[grant.visit.key, grant]])
    // A lone picture deserves the whole wall; a wall of nine stays as the operator set it.
    if (cameras.length === 1) size.value = 1
    else if (size.value === 1) size.value = 4
    focused.value = 0
  }

  /** A visit offers its cameras. Known purpose: the wall fills; else it waits for the operator to name one. */
  function offer(visit: Visit, cameras: WallCamera[]): void {
    const worth = cameras.filter(seesOrMay)
    if (worth.length === 0 || !useSession().may('streams.open')) {
      pending.value = null
      return
    }
    isOpen.value = true
    const grant = grants.value.get(visit.key)
    if (!grant) pending.value = { visit, cameras: worth }
    else if (!tiles.value.some((tile) => tile?.grant.visit.key === visit.key)) fill(grant, worth)
  }

  function confirm(purpose: Purpose): void {
    if (!pending.value) return
    const { visit, cameras } = pending.value
    const grant = { visit, purpose }
    grants.value.set(visit.key, grant)
    pending.value = null
    if (cameras.length === 1 && tiles.value.some((tile) => tile !== null)) place(cameras[0]!, grant)
    else fill(grant, cameras)
  }

  function place(camera: WallCamera, grant: Grant, slot = focused.value): void {
    const next = Array.from({ length: 9 }, (_, i) => tiles.value[i] ?? null)
    next[slot] = { camera, grant }
    tiles.value = next
    isOpen.value = true
  }

  /** One camera into the focused tile, under the visit's purpose; without one the purpose is asked first. */
  function show(camera: WallCamera, visit: Visit): void {
    if (!useSession().may('streams.open')) return
    const grant = grants.value.get(visit.key)
    isOpen.value = true
    if (grant) place(camera, grant)
    else pending.value = { visit, cameras: [camera] }
  }

  function drop(slot: number): void {
    tiles.value = tiles.value.map((tile, i) => (i === slot ? null : tile))
  }

  function close(): void {
    isOpen.value = false
    pending.value = null
    tiles.value = []
    grants.value.clear()
  }

  function resize(next: WallSize): void {
    size.value = next
    focused.value = Math.min(focused.value, next - 1)
  }

  return { purposes, isOpen, size, focused, tiles, slots, isEmpty, pending, grants, warm, loadPurposes, offer, confirm, show, drop, close, resize }
})
