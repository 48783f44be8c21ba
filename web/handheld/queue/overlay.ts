import type { Act, Entry } from './records'

export interface Transition {
  from_state: string
  act: string
  to_state: string
  needs_text: boolean
}

/** The state an assignment will have once the server knows what waits here, and whether anything does. */
export function stateAfter(state: string, lane: string, entries: Entry[], transitions: Transition[]): { state: string; waiting: number; isRefused: boolean } {
  const mine = entries.filter((entry) => entry.lane === lane)
  let after = state
  for (const entry of mine) {
    // What was refused has not happened, nor what was done on top of it.
    if (entry.state === 'refused') break
    if (entry.kind !== 'act') continue
    after = transitions.find((step) => step.from_state === after && step.act === entry.act)?.to_state ?? after
  }
  return { state: after, waiting: mine.length, isRefused: mine.some((entry) => entry.state === 'refused') }
}

export function actsFrom(state: string, transitions: Transition[]): { act: Act; needsText: boolean }[] {
  return transitions.filter((step) => step.from_state === state).map((step) => ({ act: step.act as Act, needsText: step.needs_text }))
}

/** Whether the unit is on duty once the waiting switches have been told. */
export function dutyAfter(isOn: boolean, entries: Entry[]): boolean {
  const switches = entries.filter((entry) => entry.kind === 'duty' && entry.state === 'waiting')
  return switches.length ? switches[switches.length - 1]!.act === 'on' : isOn
}
