// Conditions of a camera: their order, their weight, and the figures that tell why.

import type { Condition, Finding, HealthRow } from '@/api/health'

/** Worst first, as the API lists them. */
export const conditions: readonly Condition[] = ['moved', 'covered', 'black', 'frozen', 'blurred', 'dead', 'unknown', 'untried', 'in_order']

export const toneOf = (condition: Condition): 'good' | 'bad' | 'warn' | '' =>
  condition === 'in_order' ? 'good' : condition === 'dead' ? 'bad' : condition === 'unknown' || condition === 'untried' ? '' : 'warn'

type Say = (key: string, values?: Record<string, unknown>) => string

const percent = (share: number | null | undefined) => `${Math.round((share ?? 0) * 100)} %`
const degrees = (angle: number) => `${Math.abs(angle).toFixed(1)}°`

/** One line of figures for a finding, in the words of the locale. */
export function evidenceText(question: string | null | undefined, finding: Finding | null | undefined, t: Say): string {
  const figures = finding?.figures
  if (!question || !finding || !figures) return ''
  if (question === 'moved') return movedText(finding, t)
  if (finding.answer === 'cannot_tell') return t(`health.why.${finding.reason ?? 'unknown'}`)
  if (question === 'covered') return figures.lost_share == null ? '' : t('health.figures.covered', { share: percent(figures.lost_share) })
  if (question === 'blurred') return figures.sharpness_share == null ? '' : t('health.figures.blurred', { share: percent(figures.sharpness_share) })
  if (question === 'black') return figures.brightness == null ? '' : t('health.figures.black', { level: Math.round(figures.brightness ?? 0) })
  return figures.still_looks ? t('health.figures.frozen', { n: figures.still_looks }) : ''
}

function movedText(finding: Finding, t: Say): string {
  const figures = finding.figures ?? {}
  if (finding.answer === 'cannot_tell' || finding.reason) return t(`health.why.${finding.reason ?? 'unknown'}`)
  if (finding.answer === 'no') return t('health.figures.same', { n: figures.stayed ?? 0, of: figures.matched ?? 0 })
  const { right_deg: right, up_deg: up, roll_deg: roll, zoom } = figures
  const parts = [
    right != null && Math.abs(right) >= 0.3 ? t(right > 0 ? 'health.figures.right' : 'health.figures.left', { angle: degrees(right) }) : '',
    up != null && Math.abs(up) >= 0.3 ? t(up > 0 ? 'health.figures.up' : 'health.figures.down', { angle: degrees(up) }) : '',
    roll != null && Math.abs(roll) >= 1 ? t('health.figures.roll', { angle: degrees(roll) }) : '',
    zoom != null && Math.abs(zoom - 1) >= 0.03 ? t('health.figures.zoom', { factor: zoom.toFixed(2) }) : '',
  ].filter(Boolean)
  return `${parts.join(t('health.figures.and'))} ±${(2 * (figures.error_deg ?? 0)).toFixed(1)}°`
}

/** How far a clock is off: seconds up to two minutes, then minutes, then hours. */
export function offsetText(offset_s: number, t: Say): string {
  const size = Math.abs(offset_s)
  const sign = offset_s < 0 ? '−' : '+'
  if (size < 120) return t('health.offset.seconds', { n: `${sign}${size.toFixed(size < 10 ? 1 : 0)}` })
  if (size < 7200) return t('health.offset.minutes', { n: `${sign}${Math.round(size / 60)}` })
  return t('health.offset.hours', { n: `${sign}${(size / 3600).toFixed(1)}` })
}

/** The sum of the cameras that are not as they should be. */
export const faulty = (counts: Record<string, number>) =>
  (['moved', 'covered', 'black', 'frozen', 'blurred', 'dead'] as const).reduce((sum, name) => sum + (counts[name] ?? 0), 0)

export const isWorse = (row: HealthRow) => !['in_order', 'untried', 'unknown'].includes(row.condition)
