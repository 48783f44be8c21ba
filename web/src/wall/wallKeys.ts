import type { KeyMap } from '@/frame/useKeys'
import { useWall } from '@/stores/wall'
import type { Direction } from './arrangement'

export interface GroundHandle {
  step: (direction: Direction, takes?: boolean) => void
  enlarge: () => unknown
  full: () => unknown
  snapshot: () => unknown
  hear: () => unknown
  zoomBy: (by: 1 | -1) => void
  resetZoom: () => boolean
}

const arrows: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' }

/** Arrows in a list or a menu belong to it; on a button or on the page they belong to the wall. */
const isFree = ({ target }: KeyboardEvent) => !(target instanceof HTMLElement) || target === document.body || target.id === 'content' || target.closest('[data-testid="wall-ground"]') !== null

/** Keys that act on the tiles, in the strip beside the map as in the workspace. */
export function wallKeys(ground: () => GroundHandle | null | undefined): KeyMap {
  const wall = useWall()
  const act = (run: (ground: GroundHandle) => unknown) => () => {
    const now = ground()
    return now ? (run(now), undefined) : false
  }
  const move = (direction: Direction) => (event: KeyboardEvent) => {
    const now = ground()
    return now && isFree(event) ? now.step(direction, event.shiftKey) : false
  }
  return {
    f: act((tiles) => tiles.full()),
    s: act((tiles) => tiles.snapshot()),
    m: act((tiles) => tiles.hear()),
    '+': act((tiles) => tiles.zoomBy(1)),
    '=': act((tiles) => tiles.zoomBy(1)),
    '-': act((tiles) => tiles.zoomBy(-1)),
    '0': act((tiles) => tiles.resetZoom()),
    '[': act(() => wall.turn(-1)),
    ']': act(() => wall.turn(1)),
    ...Object.fromEntries(Object.entries(arrows).map(([key, direction]) => [key, move(direction)])),
  }
}
