import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useWords } from '@/format/useWords'
import type { Picture } from './picture'
import type { Reading } from './useReading'
import type { Profile } from './useTilePicture'

/** What a tile says of its picture: state, age, stream, and in words what is wrong. */
export function useTileWords(picture: ComputedRef<Picture>, profile: ComputedRef<Profile>, reading: Reading) {
  const { t, te } = useI18n()
  const { time } = useWords()
  const short = (code: string) => code.replace(/^streams?\./, '')

  const look = computed(() => (picture.value.state === 'live' && reading.isStale ? 'stale' : picture.value.state))
  const stateText = computed(() =>
    picture.value.queue
      ? t('wall.queue', { place: picture.value.queue.place, of: picture.value.queue.of })
      : look.value === 'stale' || (reading.isStale && look.value !== 'failed') ? t('wall.state.stale', { n: reading.age_s ?? 0 }) : t(`wall.state.${picture.value.state}`),
  )
  const ageText = computed(() => ((reading.age_s ?? 0) < 1 ? '<1 s' : `${reading.age_s} s`))
  const lastFrameText = computed(() => (reading.lastFrameAt ? t('camera.lastFrame', { time: time(reading.lastFrameAt) }) : ''))

  const errorText = computed(() => {
    const code = picture.value.errorCode
    if (!code) return ''
    if (te(`wall.errors.${short(code)}`)) return t(`wall.errors.${short(code)}`)
    return picture.value.errorMessage ?? t('wall.errors.other')
  })

  /** Why a camera lost its tile, in few words. */
  const lostText = computed(() => {
    const { errorCode, reason, state } = picture.value
    const known = [errorCode, reason, state].find((code) => code && te(`wall.lost.${short(code)}`))
    return t(`wall.lost.${known ? short(known) : 'dead'}`)
  })

  const rateText = computed(() => {
    const { kbps } = reading
    if (kbps === null) return ''
    return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${kbps} kbit/s`
  })

  const streamText = computed(() => {
    const { codec, height, rung, queue, reorder } = picture.value
    if (queue) return t('wall.rung.jpeg')
    if (!codec) return ''
    const family = codec.startsWith('avc') ? 'H.264' : codec.startsWith('h') ? 'H.265' : codec
    // The server says `native` of whatever it passes on unchanged; which of the two streams that is, the tile knows.
    const step = rung === 'native' || rung === null ? profile.value : rung
    return [family, height ? `${height}p` : '', rateText.value, te(`wall.rung.${step}`) ? t(`wall.rung.${step}`) : step].concat(reorder ? t('wall.reorder', { n: reorder }) : '').filter(Boolean).join(' · ')
  })

  return { look, stateText, ageText, errorText, lostText, streamText, lastFrameText }
}
