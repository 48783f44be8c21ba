// What an alert says, from its rule and the figures it was raised on.

import type { Alert } from '@/api/patrol'

type Words = (path: string, values?: Record<string, unknown>) => string
type Known = (path: string) => boolean

/** A rule the console has no words for is named by its code: better a code than silence. */
export function ruleText({ rule, detail }: Pick<Alert, 'rule' | 'detail'>, t: Words, te: Known): string {
  // "interval.due" and "interval.broken" ask for the same; which of the two it is, the kind says.
  const paths = [rule.replaceAll('.', '_'), rule.split('.')[0]!].map((name) => `alert.rules.${name}`)
  const path = paths.find(te)
  return path ? t(path, readable(detail)) : rule
}

/** Spans come in seconds and shares as parts of one; people read minutes and percent. */
function readable(detail: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => {
      if (typeof value !== 'number') return [name, value ?? '–']
      if (name.endsWith('_s')) return [name.replace(/_s$/, ''), Math.round(value / 60)]
      return [name, name.endsWith('_share') ? `${Math.round(value * 100)} %` : value]
    }),
  )
}
