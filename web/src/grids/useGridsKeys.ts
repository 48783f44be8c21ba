import { useKeys } from '@/frame/useKeys'
import { useGridDraft } from '@/stores/gridDraft'
import { tools, useGridTools } from '@/stores/gridTools'
import { toolKeys } from './edit/toolKeys'
import { gridTabs, type GridTab } from './useGridsView'

export interface GridsActs {
  search: () => unknown
  filter: () => unknown
  step: (by: 1 | -1) => unknown
  enter: () => boolean
  openTab: (tab: GridTab) => unknown
  charts: () => unknown
  back: () => unknown
  mayEdit: () => boolean
}

/** The planner's path by keyboard: letters take up tools, `U` and `Y` step back and forth, Enter takes a line. */
export function useGridsKeys(acts: GridsActs): void {
  const hand = useGridTools()
  const draft = useGridDraft()
  const editing = (act: () => unknown) => () => (acts.mayEdit() ? act() : false)

  useKeys({
    '/': () => acts.search(),
    f: () => acts.filter(),
    j: () => acts.step(1),
    k: () => acts.step(-1),
    g: () => acts.charts(),
    Enter: () => (hand.line && hand.tool ? hand.take() : acts.enter()),
    u: editing(() => draft.undo()),
    y: editing(() => draft.redo()),
    Escape: () => acts.back(),
    ...Object.fromEntries(tools.map((name) => [toolKeys[name], editing(() => hand.start(name))])),
    ...Object.fromEntries(gridTabs.map((tab, i) => [String(i + 1), () => acts.openTab(tab)])),
  })
}
