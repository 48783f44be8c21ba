import { ref, type Ref } from 'vue'
import { useKeys } from '@/frame/useKeys'
import { useIncidents } from '@/stores/incidents'
import { useWall } from '@/stores/wall'
import { wallKeys, type GroundHandle } from '@/wall/wallKeys'

export interface WallHandle {
  confirm: () => void
  ground: () => GroundHandle | null | undefined
}

export interface WatchActs {
  search: () => void
  report: () => unknown
  open: (id: number) => unknown
  openRanked: (index: number) => void
  back: () => unknown
  wall: () => unknown
  chosenIncident: () => number | null
}

/** The operator's whole path by keyboard. */
export function useWatchKeys(acts: WatchActs, wallHandle: Ref<WallHandle | null | undefined>) {
  const incidents = useIncidents()
  const wall = useWall()
  const cursorId = ref<number | null>(null)

  function step(by: 1 | -1): void {
    const ids = incidents.queue.map((incident) => incident.id)
    if (ids.length === 0) return
    const from = ids.indexOf(cursorId.value ?? acts.chosenIncident() ?? -1)
    const next = from < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, from + by))
    cursorId.value = ids[next]!
  }

  const digits = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [String(i + 1), () => acts.openRanked(i)]),
  )

  useKeys({
    '/': () => acts.search(),
    n: () => acts.report(),
    j: () => step(1),
    k: () => step(-1),
    Enter: () => (cursorId.value === null ? false : acts.open(cursorId.value)),
    p: () => (wall.pending ? wallHandle.value?.confirm() : false),
    w: () => acts.wall(),
    ...wallKeys(() => (wall.isOpen && !wall.pending ? wallHandle.value?.ground() : null)),
    Escape: () => acts.back(),
    ...digits,
  })

  return { cursorId }
}
