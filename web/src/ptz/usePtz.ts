import { computed, onBeforeUnmount, watch } from 'vue'
import * as api from '@/api/ptz'
import type { MoveOrder } from '@/api/types'
import { useHeads } from '@/stores/heads'
import { useCommands } from './useCommands'

/** A held key is told anew this often; the head stops by itself two seconds after the last word. */
const renew_ms = 700
const lock_s = 300

export interface Turning {
  cameraId: () => number
  why: () => api.Stated | null
  onMoved: () => void
  onRefused: (message: string) => void
}

/** Commands to one head, from its picture or its sheet; driving is renewed while a key is held. */
export function usePtz({ cameraId, why, onMoved, onRefused }: Turning) {
  const heads = useHeads()
  const head = computed(() => heads.sheets.get(cameraId()) ?? null)
  let timer = 0
  let leave: (() => void) | null = null

  const { isBusy, run } = useCommands(onMoved, (message) => {
    release()
    onRefused(message)
  })

  watch(cameraId, (id) => {
    leave?.()
    leave = heads.want(id)
  }, { immediate: true })

  function command(work: (why: api.Stated, id: number) => Promise<unknown>): Promise<void> {
    const reason = why()
    const id = cameraId()
    return reason ? run(() => work(reason, id)) : Promise.resolve()
  }

  const move = (order: Pick<MoveOrder, 'picture' | 'drive' | 'direction'>) =>
    command((reason, id) => api.moveHead(id, { ...reason, ...order } as MoveOrder))

  function release(): void {
    window.clearInterval(timer)
    timer = 0
  }

  /** Drives while a key or button is held. */
  function drive(pan: number, tilt: number, zoom: number): void {
    release()
    const go = () => void move({ drive: { pan, tilt, zoom } })
    timer = window.setInterval(go, renew_ms)
    go()
  }

  function halt(): void {
    if (!timer) return
    release()
    void command((reason, id) => api.stopHead(id, reason))
  }

  onBeforeUnmount(() => {
    halt()
    leave?.()
  })

  return { head, isBusy, move, drive, halt, ...actsOf(cameraId, command, run, heads) }
}

type Command = (work: (why: api.Stated, id: number) => Promise<unknown>) => Promise<void>
type Run = (command: () => Promise<unknown>) => Promise<void>

function actsOf(cameraId: () => number, command: Command, run: Run, heads: ReturnType<typeof useHeads>) {
  function toggleLock(): Promise<void> {
    const lock = heads.sheets.get(cameraId())?.lock
    if (lock?.kind === 'lock' && lock.is_mine) return run(() => api.unlockHead(cameraId()))
    return command((reason, id) => api.lockHead(id, reason, lock_s))
  }

  return {
    toggleLock,
    home: () => command((reason, id) => api.sendHome(id, reason)),
    goTo: (preset: number) => command((reason, id) => api.goToPreset(id, preset, reason)),
    keep: (name: string) => command((reason, id) => api.keepPreset(id, name, reason)),
    startTour: (tour: number) => command((reason, id) => api.startTour(id, tour, reason)),
    stopTour: (tour: number) => run(() => api.stopTour(cameraId(), tour)),
    refresh: () => run(async () => heads.keep(cameraId(), await api.refreshHead(cameraId()))),
  }
}

export type Ptz = ReturnType<typeof usePtz>
