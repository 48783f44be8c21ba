import type { Operation } from '@/api/grids'

// A draft survives a reload of the page, in this window; each set of grids has its own.
const keyOf = (set: string) => `gridlink.gridDraft.${set}`

export function keptDraft(set: string): Operation[] {
  try {
    return (JSON.parse(sessionStorage.getItem(keyOf(set)) ?? '[]') as Operation[] | null) ?? []
  } catch {
    return []
  }
}

export function keepDraft(set: string, operations: readonly Operation[]): void {
  if (operations.length > 0) sessionStorage.setItem(keyOf(set), JSON.stringify(operations))
  else sessionStorage.removeItem(keyOf(set))
}
