import { useKeys } from '@/frame/useKeys'
import { dispatchTabs, type DispatchTab } from './useDispatchView'

export interface DispatchActs {
  search: () => void
  filter: () => void
  step: (by: 1 | -1) => void
  enter: () => boolean
  openTab: (tab: DispatchTab) => unknown
  nextFill: () => unknown
  charts: () => unknown
  replay: () => unknown
  begin: () => unknown
  back: () => unknown
}

/** The dispatcher's whole path by keyboard; sheets add their own acts. */
export function useDispatchKeys(acts: DispatchActs): void {
  useKeys({
    '/': () => acts.search(),
    f: () => acts.filter(),
    j: () => acts.step(1),
    k: () => acts.step(-1),
    Enter: () => acts.enter(),
    n: () => acts.begin(),
    r: () => acts.nextFill(),
    g: () => acts.charts(),
    p: () => acts.replay(),
    Escape: () => acts.back(),
    ...Object.fromEntries(dispatchTabs.map((tab, i) => [String(i + 1), () => acts.openTab(tab)])),
  })
}
