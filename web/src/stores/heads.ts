import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { fetchHead } from '@/api/ptz'
import type { PtzSheet } from '@/api/types'
import { useLive } from './live'

/** PTZ heads on screen: what they can, where they look, who holds them; fetched while somebody looks, kept fresh by notices. */
export const useHeads = defineStore('heads', () => {
  const sheets = reactive(new Map<number, PtzSheet>())
  const wanted = new Map<number, number>()
  const live = useLive()

  async function fetch(id: number): Promise<void> {
    try {
      sheets.set(id, await fetchHead(id))
    } catch {
      sheets.delete(id)
    }
  }

  /** Keeps a head's sheet until the function returned is called. */
  function want(id: number): () => void {
    wanted.set(id, (wanted.get(id) ?? 0) + 1)
    if (wanted.get(id) === 1) void fetch(id)
    return () => {
      const left = (wanted.get(id) ?? 1) - 1
      if (left > 0) wanted.set(id, left)
      else {
        wanted.delete(id)
        sheets.delete(id)
      }
    }
  }

  const keep = (id: number, sheet: PtzSheet) => sheets.set(id, sheet)

  live.on('ptz', ({ id }) => {
    const camera = Number(id)
    if (wanted.has(camera)) void fetch(camera)
  })
  live.onCatchUp(() => wanted.forEach((_, id) => void fetch(id)))

  return { sheets, want, fetch, keep }
})
