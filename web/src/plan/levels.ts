// Levels of divisions by their code of twelve digits: 2 province, 4 city, 6 county, 9 township, 12 village.

import type { FigureRow } from '@/api/planning'

export type Level = 'province' | 'city' | 'county' | 'township' | 'village'

const digits: [Level, number][] = [['province', 2], ['city', 4], ['county', 6], ['township', 9]]

export function levelOf(code: string): Level {
  const padded = code.padStart(12, '0')
  return digits.find(([, length]) => /^0*$/.test(padded.slice(length)))?.[0] ?? 'village'
}

export const rowsOfLevel = (rows: readonly FigureRow[], level: Level): FigureRow[] =>
  rows.filter(({ code, division_code }) => levelOf(code ?? division_code) === level)
