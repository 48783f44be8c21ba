/** The tokens a canvas needs by value. */
export interface Ink {
  text: string
  meta: string
  line: string
  surface: string
  accent: string
  faint: string
  font: string
}

export function inkNow(): Ink {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string) => style.getPropertyValue(name).trim()
  return {
    text: token('--text'), meta: token('--text-3'), line: token('--line'), surface: token('--surface-2'),
    accent: token('--accent'), faint: token('--line-strong'), font: token('--font'),
  }
}
