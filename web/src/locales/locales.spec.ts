import { describe, expect, it } from 'vitest'
import { en } from './en'
import { zh } from './zh'

function pathsOf(words: object, prefix = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? pathsOf(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  )
}

function wordsOf(words: object, prefix = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] =>
    typeof value === 'object' && value !== null ? wordsOf(value, `${prefix}${key}.`) : [[`${prefix}${key}`, String(value)]],
  )
}

const blanksOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe('locales', () => {
  it('have the same keys in both languages', () => {
    expect(pathsOf(en).sort()).toEqual(pathsOf(zh).sort())
  })

  it('have the same blanks to fill in both languages', () => {
    const english = new Map(wordsOf(en))
    for (const [path, text] of wordsOf(zh)) expect([path, blanksOf(english.get(path)!)]).toEqual([path, blanksOf(text)])
  })

  it('leave no word empty', () => {
    for (const [path, text] of [...wordsOf(zh), ...wordsOf(en)]) expect(text.trim(), path).not.toBe('')
  })

  it('say it in Chinese characters first', () => {
    const latin = wordsOf(zh).filter(([path, text]) => !/[\u4e00-\u9fff、]/.test(text) && !['frame.language', 'map.datum', 'devices.addressHint'].includes(path))
    expect(latin).toEqual([])
  })
})
