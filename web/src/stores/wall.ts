import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Purpose, WallSize } from '@/api/types'
import { mostTiles, pageOf, pagesOf, turned } from '@/wall/arrangement'
import { nextInLine } from '@/wall/refill'
import { filled, isWaitedFor, padded, refilled, restored, shownIds, tileOf, toppedUp, type Grant, type Offer, type Roll, type Visit, type WallCamera } from '@/wall/tiles'
import { useSession } from './session'
import { useTourClock } from './tourClock'
import { useBoard } from './wallBoard'
import { usePurposes, warm } from './wallFacts'

export const useWall = defineStore('wall', () => {
  const { purposes, loadPurposes } = usePurposes()
  const { size, focused, isEnlarged, tiles, slots, isEmpty, known, set, drop, swap } = useBoard()
  const isOpen = ref(false)
  const roll = shallowRef<Roll | null>(null)
  const pending = shallowRef<Offer | null>(null)
  const grants = new Map<string, Grant>()
  const failed = new Map<number, number>()
  const pages = computed(() => (roll.value ? pagesOf(roll.value.cameras.length, size.value) : 1))
  const tour = useTourClock(() => turn(1), () => warmNext())

  function fill(grant: Grant, offer: Offer): void {
    const { cameras, isRanked, dwell_s } = offer
    // The pictures of the former visit are gone, and with them its purpose: coming back is a new visit.
    grants.clear()
    grants.set(grant.visit.key, grant)
    failed.clear()
    // A lone picture deserves the whole wall; a wall of nine stays as the operator set it.
    if (offer.size) size.value = offer.size
    else if (cameras.length === 1) size.value = 1
    else if (size.value === 1) size.value = 4
    roll.value = { grant, cameras, isRanked, page: 0 }
    // A ranking lies ready beyond the edge, so that a larger wall shows it at once.
    set(filled(tiles.value, dwell_s === null ? cameras.slice(0, mostTiles) : pageOf(cameras, 0, size.value), grant))
    focused.value = 0
    isEnlarged.value = false
    tour.begin(dwell_s)
  }

  /** Pictures come under a purpose: one stated before for the same visit, else the wall waits for the operator's word. */
  function open(offer: Offer): void {
    if (!useSession().may('streams.open') || offer.cameras.every((camera) => camera === null)) return
    isOpen.value = true
    const grant = grants.get(offer.visit.key)
    if (grant) fill(grant, offer)
    else pending.value = offer
  }

  /** A visit offers the cameras of its ranking; asked again, it leaves the wall as the operator arranged it. */
  function offer(visit: Visit, cameras: WallCamera[]): void {
    const worth = cameras.filter((camera) => camera.sight !== 'blocked' && camera.alive !== false)
    if (worth.length === 0) pending.value = null
    else if (!grants.has(visit.key) || !tiles.value.some((tile) => tile?.grant.visit.key === visit.key)) {
      open({ visit, cameras: worth, isRanked: true, size: null, dwell_s: null })
    }
  }

  function confirm(purpose: Purpose): void {
    if (!pending.value) return
    const offered = pending.value
    const grant = { visit: offered.visit, purpose }
    grants.set(offered.visit.key, grant)
    pending.value = null
    const [lone] = offered.cameras
    if (lone && offered.cameras.length === 1 && !offered.isRanked && (offered.size || !isEmpty.value)) place(lone, grant)
    else fill(grant, offered)
  }

  function place(camera: WallCamera, grant: Grant, slot = focused.value): void {
    set(padded(tiles.value).map((tile, i) => (i === slot ? tileOf(camera, grant) : tile?.camera.camera_id === camera.camera_id ? null : tile)))
    isOpen.value = true
  }

  /** One camera into the focused tile, under the visit's purpose; without one the purpose is asked first. */
  function show(camera: WallCamera, visit: Visit, keepsSize = false): void {
    if (!useSession().may('streams.open')) return
    const grant = grants.get(visit.key)
    isOpen.value = true
    if (grant) place(camera, grant)
    else pending.value = { visit, cameras: [camera], isRanked: false, size: keepsSize ? size.value : null, dwell_s: null }
  }

  function close(): void {
    isOpen.value = false
    isEnlarged.value = false
    pending.value = null
    roll.value = null
    tiles.value = []
    grants.clear()
    tour.end()
  }

  function resize(next: WallSize): void {
    size.value = next
    focused.value = Math.min(focused.value, next - 1)
    isEnlarged.value = false
    if (roll.value?.isRanked && roll.value.page === 0) set(toppedUp(tiles.value, next, roll.value))
    else if (roll.value && pagesOf(roll.value.cameras.length, next) > 1) turn(0)
  }

  /** Another page of what was opened; by nought the same one anew. */
  function turn(by: number): void {
    if (!roll.value) return
    const page = turned(Math.min(roll.value.page, pages.value - 1), by, pages.value)
    roll.value = { ...roll.value, page }
    set(filled(tiles.value, pageOf(roll.value.cameras, page, size.value), roll.value.grant))
    tour.turned()
  }

  function warmNext(): void {
    if (!roll.value) return
    const next = pageOf(roll.value.cameras, turned(roll.value.page, 1, pages.value), size.value)
    warm(next.flatMap((camera) => (camera ? [camera.camera_id] : [])))
  }

  /** A camera of a ranking brings no picture: the next one takes its tile, and the tile says whose it was. */
  function refill(uid: number, reason: string): void {
    const tile = tiles.value.find((each) => each?.uid === uid)
    if (!tile || !roll.value?.isRanked || tile.hasNoSpare || tile.grant.visit.key !== roll.value.grant.visit.key) return
    const now_ms = performance.now()
    if (isWaitedFor(tile, now_ms)) return
    failed.set(tile.camera.camera_id, now_ms)
    const spare = nextInLine(roll.value.cameras.filter((camera) => camera !== null), shownIds(slots.value), failed, now_ms)
    set(refilled(tiles.value, tile, spare, reason))
  }

  /** The camera that was replaced gets its tile back. */
  const restore = (uid: number) => set(restored(tiles.value, uid, performance.now()))

  const facts = { purposes, isOpen, size, focused, isEnlarged, tiles, slots, isEmpty, roll, pages, pending, known, tour }
  return { ...facts, warm, loadPurposes, open, offer, confirm, show, drop, swap, close, resize, turn, refill, restore, fill, set }
})
