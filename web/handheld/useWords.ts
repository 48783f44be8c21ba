import { onScopeDispose, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiError } from '@/api/client'

const two = (n: number) => String(n).padStart(2, '0')
const clock = (at: Date) => `${two(at.getHours())}:${two(at.getMinutes())}`

/** Times and distances in the words of the locale, against a clock that moves on. */
export function useWords() {
  const { t, te, locale } = useI18n()
  const now = ref(Date.now())
  const timer = window.setInterval(() => (now.value = Date.now()), 10_000)
  onScopeDispose(() => window.clearInterval(timer))

  /** Today's times by the clock, others with their day. */
  function time(at: string | null | undefined): string {
    if (!at) return ''
    const then = new Date(at)
    const isToday = then.toDateString() === new Date(now.value).toDateString()
    return isToday ? clock(then) : `${two(then.getMonth() + 1)}-${two(then.getDate())} ${clock(then)}`
  }

  function span(seconds: number): string {
    const minutes = Math.floor(seconds / 60)
    if (minutes < 1) return t('unit.now')
    if (minutes < 60) return t('unit.minutes', { n: minutes })
    if (minutes < 48 * 60) return t('unit.hours', { n: Math.floor(minutes / 60) })
    return t('unit.days', { n: Math.floor(minutes / 1440) })
  }

  function age(at: string): string {
    const seconds = (now.value - Date.parse(at)) / 1000
    return seconds < 60 ? t('unit.now') : t('unsent.age', { age: span(seconds) })
  }

  const length = (metres: number) =>
    metres < 1000 ? `${Math.round(metres)} ${t('unit.m')}` : `${(metres / 1000).toFixed(metres < 10_000 ? 1 : 0)} ${t('unit.km')}`
  const isPast = (at: string | null | undefined) => Boolean(at) && Date.parse(at!) < now.value
  const named = (thing: { name_zh: string; name_en: string }) => (locale.value === 'zh' ? thing.name_zh : thing.name_en)
  const word = (prefix: string, code: string) => (te(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code)
  const faultText = (error: unknown) => (error instanceof ApiError ? error.message : String(error))

  return { t, locale, now, time, span, age, length, isPast, named, word, faultText }
}
