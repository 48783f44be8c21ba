import { describe, expect, it } from 'vitest'
import { en } from './en'
import { zh } from './zh'

function wordsOf(words: object, prefix = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] =>
    typeof value === 'object' && value !== null ? wordsOf(value, `${prefix}${key}.`) : [[`${prefix}${key}`, String(value)]],
  )
}

const blanksOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe('words of the handheld', () => {
  it('are the same in both languages, with the same blanks', () => {
    const shape = (words: object) => wordsOf(words).map(([path, text]) => [path, blanksOf(text)])
    expect(shape(en)).toEqual(shape(zh))
  })

  it('are never empty, and as many reasons in each language', () => {
    for (const [path, text] of [...wordsOf(zh), ...wordsOf(en)]) expect(text.trim(), path).not.toBe('')
    expect(en.task.reasons.split('/').length).toBe(zh.task.reasons.split('/').length)
    // A bar would be read as the border between singular and plural.
    expect([...wordsOf(zh), ...wordsOf(en)].filter(([, text]) => text.includes('|'))).toEqual([])
  })
})
