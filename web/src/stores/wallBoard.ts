import { computed, ref, shallowRef } from 'vue'
import type { WallSize } from '@/api/types'
import { swapped } from '@/wall/arrangement'
import { padded, shownIds, type Tiles } from '@/wall/tiles'
import { useCaptions } from './wallFacts'

/** The tiles and which of them is looked at, without why they are there. */
export function useBoard() {
  const size = ref<WallSize>(4)
  const focused = ref(0)
  const isEnlarged = ref(false)
  const tiles = shallowRef<Tiles>([])
  const { known, describe } = useCaptions()
  const slots = computed(() => Array.from({ length: size.value }, (_, i) => tiles.value[i] ?? null))
  const isEmpty = computed(() => slots.value.every((tile) => tile === null))

  function set(next: Tiles): void {
    tiles.value = padded(next)
    void describe([...shownIds(next)]).catch(() => undefined)
  }

  const drop = (slot: number) => set(tiles.value.map((tile, i) => (i === slot ? null : tile)))
  const swap = (a: number, b: number) => set(swapped(padded(tiles.value), a, b))

  return { size, focused, isEnlarged, tiles, slots, isEmpty, known, set, drop, swap }
}
