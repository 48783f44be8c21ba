import { onBeforeUnmount, watch, type ComputedRef } from 'vue'
import type { SubjectKind } from '@/api/planning'
import { useCameras } from '@/stores/cameras'
import { useCoverage } from '@/stores/coverage'
import { useLive } from '@/stores/live'
import { useSitings } from '@/stores/sitings'
import { useToasts } from '@/stores/toasts'
import { useWhatIf } from '@/stores/whatif'
import type { usePlanView } from './usePlanView'

const kindOf: Record<string, SubjectKind> = { grids: 'grid', divisions: 'division', places: 'place' }

/** Fetches what the address says is looked at, and again when a refresh has changed it. */
export function usePlanFacts({ selection, state, scale }: ReturnType<typeof usePlanView>, isTownshipNeeded: ComputedRef<boolean>): void {
  const coverage = useCoverage()
  const cameras = useCameras()
  const sitings = useSitings()
  const whatif = useWhatIf()
  const live = useLive()
  const toasts = useToasts()

  function loadTables(isForced = false): void {
    const { reading, measure, subject } = state.value
    const asked = { reading, measure, scale: scale.value }
    const kinds = new Set<SubjectKind>(['grid'])
    if (subject === 'place') kinds.add('place')
    if (subject === 'township' || subject === 'village' || isTownshipNeeded.value) kinds.add('division')
    for (const kind of kinds) void coverage.loadTable(kind, asked, isForced)
  }

  function openSubject(): void {
    const now = selection.value
    if (now.kind === 'grids' || now.kind === 'divisions' || now.kind === 'places') void coverage.open(kindOf[now.kind]!, now.id, state.value.reading, state.value.band)
    else coverage.leave()
  }

  function follow(): void {
    const now = selection.value
    openSubject()
    if (now.kind === 'cameras' && state.value.tab === 'whatif') void whatif.take(now.id).catch(toasts.fault)
    else if (now.kind === 'cameras') void cameras.open(now.id)
    else cameras.leave()
    if (now.kind === 'scenarios' && whatif.saved?.id !== now.id) void whatif.open(now.id).catch(toasts.fault)
    if (now.kind === 'sitings') void sitings.open(now.id)
    else sitings.leave()
  }

  watch(() => [JSON.stringify(selection.value), state.value.tab], follow, { immediate: true })
  watch(() => [state.value.reading, state.value.measure, scale.value, state.value.subject, isTownshipNeeded.value], () => loadTables(), { immediate: true })
  watch(() => [state.value.reading, state.value.band], openSubject)
  watch(() => [state.value.reading, scale.value] as const, ([reading, on]) => whatif.read(reading, on), { immediate: true })
  void coverage.loadSummary()
  void sitings.loadAreas().catch(() => undefined)

  let timer = 0
  /** Many notices of one refresh are one reload. */
  function soon(): void {
    timer ||= window.setTimeout(() => {
      timer = 0
      coverage.edition += 1
      void coverage.loadSummary()
      loadTables(true)
      openSubject()
    }, 400)
  }
  const stops = [live.on('coverage', soon), live.onCatchUp(() => live.isSettled() && soon())]
  // While a refresh waits its end is announced; asking now and then is for a notice that got lost.
  const beat = window.setInterval(() => coverage.summary?.is_fresh === false && void coverage.loadSummary(), 5000)
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    window.clearInterval(beat)
    stops.forEach((stop) => stop())
    cameras.leave()
    coverage.leave()
  })
}
