import type { Band, FigureRow } from '@/api/planning'

const amounts = ['total', 'certain', 'possible', 'one', 'more', 'none'] as const

/** Bands of many disjoint subjects in sum: shares are shares of the summed amounts, not means of shares. */
export function summedBands(rows: readonly FigureRow[]): Band[] {
  const byCode = new Map<string, Band>()
  for (const band of rows.flatMap(({ bands }) => bands)) {
    const sum = byCode.get(band.code)
    if (!sum) byCode.set(band.code, { ...band })
    else for (const amount of amounts) sum[amount] += band[amount]
  }
  const share = (part: number, total: number) => (total > 0 ? part / total : null)
  return [...byCode.values()].map((sum) => ({
    ...sum,
    certain_share: share(sum.certain, sum.total), possible_share: share(sum.possible, sum.total), one_share: share(sum.one, sum.total),
    more_share: share(sum.more, sum.total), none_share: share(sum.none, sum.total),
  }))
}
