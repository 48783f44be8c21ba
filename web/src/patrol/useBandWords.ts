import { useWords } from '@/format/useWords'
import { crossesMidnight, dayRuns, shortTime, type TimeBand } from './bands'

/** "周一至周五 22:00–次日 06:00". */
export function useBandWords() {
  const { t } = useWords()

  function daysText(weekdays: number[]): string {
    if (weekdays.length === 7) return t('patrol.everyDay')
    return dayRuns(weekdays).map(([from, to]) => (from === to ? t(`patrol.weekday.${from}`) : t('patrol.dayRun', { from: t(`patrol.weekday.${from}`), to: t(`patrol.weekday.${to}`) }))).join(t('sight.comma'))
  }

  const bandText = (band: TimeBand) =>
    `${daysText(band.weekdays)} ${shortTime(band.begins)}–${crossesMidnight(band) ? t('patrol.nextDay', { time: shortTime(band.ends) }) : shortTime(band.ends)}`

  return { bandText }
}
