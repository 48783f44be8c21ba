import { useI18n } from 'vue-i18n'
import { useNow } from '@/frame/useNow'
import { ageOf, dateTime } from './age'
import { compassPoint, wholeDegrees } from './bearing'
import { distanceText } from './figures'

// A dot in a code would be read as a step into the table of words.
const pathOf = (prefix: string, code: string) => `${prefix}.${code.replaceAll('.', '_')}`

/** Formatting that needs words of the locale or the present time. */
export function useWords() {
  const { t, te, locale } = useI18n()
  const now = useNow()

  function age(then: string | Date | null): string {
    if (!then) return ''
    const { unit, count } = ageOf(new Date(then), now.value)
    return t(`age.${unit}`, { n: count })
  }

  const time = (at: string | Date | null) => (at ? dateTime(new Date(at), now.value) : '')
  const bearing = (bearing_deg: number) => `${t(`compass.${compassPoint(bearing_deg)}`)} ${wholeDegrees(bearing_deg)}`
  /** Where the camera stands as seen from the place: the other way than the camera looks along. */
  const stands = (camera: { distance_m: number; bearing_deg: number }) =>
    t('sight.stands', { side: t(`compass.${compassPoint(camera.bearing_deg + 180)}`), distance: distanceText(camera.distance_m) })
  const named = (thing: { name_zh: string; name_en: string } | null | undefined) =>
    thing ? (locale.value === 'zh' ? thing.name_zh : thing.name_en) : ''
  /** A word for a code, or the code itself when the locale has none (a site may add its own). */
  const word = (prefix: string, code: string | null | undefined) =>
    code ? (te(pathOf(prefix, code)) ? t(pathOf(prefix, code)) : code) : ''

  return { t, now, age, time, bearing, stands, named, word }
}
