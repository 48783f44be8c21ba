import { useKeys } from '@/frame/useKeys'
import { useWhatIf } from '@/stores/whatif'
import { destination } from './sector'
import { planTabs, type PlanTab } from './usePlanView'

export interface PlanActs {
  search: () => void
  filter: () => void
  step: (by: 1 | -1) => void
  enter: () => boolean
  openTab: (tab: PlanTab) => unknown
  toggleReading: () => unknown
  charts: () => unknown
  add: () => unknown
  back: () => unknown
  isWhatIf: () => boolean
}

/** The planner's whole path by keyboard. Arrows move the chosen camera by a metre; with Shift, left and right turn it. */
export function usePlanKeys(acts: PlanActs): void {
  const whatif = useWhatIf()

  function nudge(bearing_deg: number, turn_deg: number) {
    return ({ shiftKey, target }: KeyboardEvent): boolean => {
      const now = whatif.chosen
      if (!acts.isWhatIf() || !now || now.op === 'remove' || target !== document.body) return false
      if (!shiftKey) whatif.alter(destination(now, bearing_deg, 1))
      else if (turn_deg !== 0) whatif.alter({ azimuth_deg: (now.azimuth_deg + turn_deg + 360) % 360 })
      return true
    }
  }

  useKeys({
    '/': () => acts.search(),
    f: () => acts.filter(),
    j: () => acts.step(1),
    k: () => acts.step(-1),
    Enter: () => acts.enter(),
    r: () => acts.toggleReading(),
    g: () => acts.charts(),
    n: () => (acts.isWhatIf() ? acts.add() : false),
    u: () => (acts.isWhatIf() ? whatif.undo() : false),
    Delete: () => (acts.isWhatIf() && whatif.chosen ? whatif.strike() : false),
    ArrowUp: nudge(0, 0),
    ArrowRight: nudge(90, 5),
    ArrowDown: nudge(180, 0),
    ArrowLeft: nudge(270, -5),
    Escape: () => acts.back(),
    ...Object.fromEntries(planTabs.map((tab, i) => [String(i + 1), () => acts.openTab(tab)])),
  })
}
