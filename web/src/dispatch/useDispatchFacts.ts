import { onBeforeUnmount, watch } from 'vue'
import { spanOf } from '@/patrol/spans'
import { useEyesOn } from '@/stores/eyeson'
import { useIncidents } from '@/stores/incidents'
import { useLive } from '@/stores/live'
import { usePatrol } from '@/stores/patrol'
import { useTasks } from '@/stores/tasks'
import { useToasts } from '@/stores/toasts'
import { useUnits } from '@/stores/units'
import type { useDispatchView } from './useDispatchView'

/** Many notices within this time are one question. */
function gathered(run: () => unknown, quiet_ms: number): { soon: () => void; stop: () => void } {
  let timer = 0
  function soon(): void {
    timer ||= window.setTimeout(() => {
      timer = 0
      run()
    }, quiet_ms)
  }
  return { soon, stop: () => window.clearTimeout(timer) }
}

/** Fetches what the address says is looked at, and again when it has changed. */
export function useDispatchFacts({ selection, state }: ReturnType<typeof useDispatchView>) {
  const units = useUnits()
  const patrol = usePatrol()
  const eyeson = useEyesOn()
  const tasks = useTasks()
  const incidents = useIncidents()
  const toasts = useToasts()
  const span = () => spanOf(state.value.span, new Date())

  function openGrid(): void {
    if (selection.value.kind === 'grids') void patrol.openGrid(selection.value.id, span(), state.value.grids)
    else patrol.leaveGrid()
  }

  function follow(): void {
    const now = selection.value
    if (now.kind === 'tasks') void tasks.open(now.id)
    else tasks.leave()
    if (now.kind === 'units') void units.open(now.id)
    else units.leave()
    if (now.kind !== 'alerts') patrol.loop = null
    openGrid()
  }

  function loadFigures(): void {
    void patrol.loadFigures(span(), state.value.grids)
    openGrid()
  }

  function loadAll(): void {
    void units.load()
    void tasks.load()
    void patrol.loadAlerts()
    void patrol.loadCheckpoints().catch(() => undefined)
    void eyeson.load()
    void incidents.refresh().catch(toasts.fault)
    loadFigures()
  }

  watch(() => JSON.stringify(selection.value), follow, { immediate: true })
  watch(() => [state.value.span, state.value.grids] as const, loadFigures)
  loadAll()

  useDispatchNews({ loadAll, loadFigures })
  onBeforeUnmount(() => {
    tasks.leave()
    units.leave()
    patrol.leaveGrid()
    patrol.loop = null
  })

  return { loadAll, loadFigures }
}

/** Positions are told at most once a second, figures after each derivation: neither is asked for more often than seen. */
function useDispatchNews({ loadAll, loadFigures }: { loadAll: () => void; loadFigures: () => void }): void {
  const units = useUnits()
  const patrol = usePatrol()
  const eyeson = useEyesOn()
  const tasks = useTasks()
  const incidents = useIncidents()
  const live = useLive()

  const positions = gathered(() => void units.follow().catch(() => undefined), 250)
  const roster = gathered(() => void units.load(), 800)
  const figures = gathered(loadFigures, 2000)
  const alerts = gathered(() => void patrol.loadAlerts(), 500)
  const clocks = gathered(() => void eyeson.load(), 2000)
  const stops = [
    live.on('units', positions.soon),
    live.on('unit', roster.soon),
    live.on('patrol', figures.soon),
    live.on('alert', alerts.soon),
    live.on('eyeson', clocks.soon),
    live.on('task', ({ id }) => void tasks.refetch(Number(id)).catch(() => undefined)),
    live.on('incident', ({ id }) => void incidents.refetch(Number(id)).catch(() => undefined)),
    live.onCatchUp(() => live.isSettled() && loadAll()),
  ]
  // States turn with the clock, not only with news: a window ends, a requirement falls due.
  const beat = window.setInterval(() => {
    figures.soon()
    clocks.soon()
  }, 60_000)
  onBeforeUnmount(() => {
    window.clearInterval(beat)
    for (const each of [positions, roster, figures, alerts, clocks]) each.stop()
    stops.forEach((stop) => stop())
  })
}
