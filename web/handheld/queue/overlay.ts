import type { Act, Answer, Entry } from './records'

export interface Transition {
  from_state: string
  act: string
  to_state: string
  needs_text: boolean
}

/** What the server was told after the day was last asked for: the day may not know of it yet. Oldest first. */
export function toldSince(answers: Answer[], askedAt: number): Answer[] {
  return answers.filter((answer) => answer.sentAt >= askedAt).sort((one, other) => one.sentAt - other.sentAt)
}

/** The state an assignment has by what was told since it was read and will have by what waits, and whether anything does. */
export function stateAfter(state: string, lane: string, told: Answer[], entries: Entry[], transitions: Transition[]): { state: string; waiting: number; isRefused: boolean } {
  const mine = entries.filter((entry) => entry.lane === lane)
  let after = state
  for (const step of [...told.filter((answer) => answer.lane === lane), ...mine]) {
    // What was refused has not happened, nor what was done on top of it.
    if ('state' in step && step.state === 'refused') break
    if (step.kind !== 'act') continue
    // An act the day knows of already leads nowhere from the state it led to.
    after = transitions.find((way) => way.from_state === after && way.act === step.act)?.to_state ?? after
  }
  return { state: after, waiting: mine.length, isRefused: mine.some((entry) => entry.state === 'refused') }
}

export function actsFrom(state: string, transitions: Transition[]): { act: Act; needsText: boolean }[] {
  return transitions.filter((step) => step.from_state === state).map((step) => ({ act: step.act as Act, needsText: step.needs_text }))
}

/** Whether the unit is on duty by the switches told since that was read and those that wait. */
export function dutyAfter(isOn: boolean, told: Answer[], entries: Entry[]): boolean {
  const waiting = entries.filter((entry) => entry.state === 'waiting')
  const switches = [...told, ...waiting].filter((step) => step.kind === 'duty')
  return switches.length ? switches[switches.length - 1]!.act === 'on' : isOn
}
