import { defineStore } from 'pinia'
import { ref } from 'vue'
import { readEvents, type ServerEvent } from '@/api/events'

export interface Change {
  noun: string
  id: number | string | null
  version: number | null
}

type Listener = (change: Change) => void
type CatchUp = () => void

/** The server beats every 15 s; two and a half beats without a sound mean the link is gone. */
const silence_ms = 38_000
const firstRetry_ms = 500
const lastRetry_ms = 10_000

/** The link for live facts: which things changed, not what they are; listeners fetch under their own rights. */
export const useLive = defineStore('live', () => {
  const state = ref<'connecting' | 'open' | 'lost'>('connecting')
  const lastContactAt = ref<Date | null>(null)
  let openedAt_ms = 0
  let hasBeenLost = false
  const listeners = new Map<string, Set<Listener>>()
  const catchUps = new Set<CatchUp>()
  let abort: AbortController | null = null
  let watchdog = 0

  function on(noun: string, listener: Listener): () => void {
    const set = listeners.get(noun) ?? new Set()
    listeners.set(noun, set.add(listener))
    return () => set.delete(listener)
  }

  /** Called after a lost link came back and when the server says "resync": fetch everything shown again. */
  function onCatchUp(listener: CatchUp): () => void {
    catchUps.add(listener)
    return () => catchUps.delete(listener)
  }

  function heard(): void {
    const wasLost = state.value === 'lost'
    if (state.value !== 'open') openedAt_ms = performance.now()
    state.value = 'open'
    lastContactAt.value = new Date()
    window.clearTimeout(watchdog)
    watchdog = window.setTimeout(() => abort?.abort(new Error('silent')), silence_ms)
    hasBeenLost ||= wasLost
    if (wasLost) catchUps.forEach((listener) => listener())
  }

  function pass({ event, data }: ServerEvent): void {
    if (event === 'resync') catchUps.forEach((listener) => listener())
    if (event !== 'change') return
    const change = JSON.parse(data) as Change
    listeners.get(change.noun)?.forEach((listener) => listener(change))
  }

  /** False in the first seconds of a link: what was fetched just now need not be fetched again at once. */
  const isSettled = () => hasBeenLost || performance.now() - openedAt_ms > 3000

  async function start(): Promise<void> {
    stop()
    const mine = { stopped: false }
    current = mine
    let retry_ms = firstRetry_ms
    while (!mine.stopped) {
      abort = new AbortController()
      try {
        await readEvents({ onContact: () => ((retry_ms = firstRetry_ms), heard()), onEvent: pass }, abort.signal)
      } catch {
        // Whatever ended the link, the answer is the same: say so and try again.
      }
      if (mine.stopped) return
      state.value = 'lost'
      await new Promise((resolve) => setTimeout(resolve, retry_ms))
      retry_ms = Math.min(lastRetry_ms, retry_ms * 2)
    }
  }

  let current: { stopped: boolean } | null = null

  function stop(): void {
    if (current) current.stopped = true
    window.clearTimeout(watchdog)
    abort?.abort()
    state.value = 'connecting'
  }

  return { state, lastContactAt, on, onCatchUp, isSettled, start, stop }
})
