import { computed, onActivated, onBeforeUnmount, onDeactivated, onMounted, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { playableCodecs } from '@/api/streams'
import { emptyPicture, type Picture } from './picture'
import { Player } from './player'
import type { Tile } from './tiles'
import { useTick } from './tick'
import { presented, useReading } from './useReading'

export type Profile = 'sub' | 'main'
type Video = Ref<HTMLVideoElement | undefined>
type Still = Ref<HTMLCanvasElement | undefined>

/** A main stream that shows nothing for this long is given up; the sub-stream goes on meanwhile. */
const patience_ms = 12_000
/** So long after that the stream is tried again: each attempt is an entry in the register. */
const again_ms = { main: 30_000, sub: 5000 }

interface Decoder {
  player: Player
  picture: Picture
  profile: Profile
  since_ms: number
}

function decoderOf(video: HTMLVideoElement, { camera, grant }: Tile, profile: Profile, onEmptying: () => void): Decoder {
  const picture = reactive(emptyPicture())
  const order = {
    camera_id: camera.camera_id,
    purpose: grant.purpose.code,
    ...(grant.visit.incidentId === null ? {} : { incident_id: grant.visit.incidentId }),
    profile,
    codecs: playableCodecs(),
  }
  return { player: new Player(video, order, picture, { onEmptying }), picture, profile, since_ms: performance.now() }
}

/** The last picture of a stream that begins anew, under the videos until the next is drawn. */
function keep(still: HTMLCanvasElement | undefined, video: HTMLVideoElement): void {
  if (!still || video.videoWidth === 0) return
  still.width = video.videoWidth
  still.height = video.videoHeight
  still.getContext('2d')?.drawImage(video, 0, 0)
}

function forget(still: HTMLCanvasElement | undefined): void {
  if (still) still.width = still.height = 0
}

/** The two decoders of a tile, one over the other; `front` says which is seen. */
function useDecoders(videos: [Video, Video], still: Still, tile: () => Tile) {
  const decoders = shallowRef<[Decoder | null, Decoder | null]>([null, null])
  const front = ref<0 | 1>(0)
  const back = () => (front.value === 0 ? 1 : 0)

  function put(at: 0 | 1, next: Decoder | null): void {
    decoders.value[at]?.player.close()
    decoders.value = at === 0 ? [next, decoders.value[1]] : [decoders.value[0], next]
  }

  function open(at: 0 | 1, profile: Profile): void {
    const video = videos[at].value
    if (!video) return
    put(at, null)
    put(at, decoderOf(video, tile(), profile, () => at === front.value && keep(still.value, video)))
  }

  /** The lower one comes to the front; the former front is closed when the new order is on screen for certain. */
  function turnOver(): void {
    const former = front.value
    front.value = back()
    requestAnimationFrame(() => requestAnimationFrame(() => front.value !== former && put(former, null)))
  }

  return { decoders, front, back, put, open, turnOver }
}

/**
 * The lower decoder opens the other stream of the camera. It comes to the front when it has drawn a picture, and only then
 * the former one is closed: there is no black moment between the two.
 */
export function useTilePicture(videos: [Video, Video], still: Still, tile: () => Tile, wanted: () => Profile) {
  const { decoders, front, back, put, open, turnOver } = useDecoders(videos, still, tile)
  const { reading, read, begin } = useReading()
  const isMainRefused = ref(false)
  let isRunning = false
  let gaveUpAt_ms = 0

  const decoder = computed(() => decoders.value[front.value])
  const blank = reactive(emptyPicture())
  const picture = computed<Picture>(() => decoder.value?.picture ?? blank)
  const profile = computed(() => decoder.value?.profile ?? 'sub')

  function start(): void {
    stop()
    isRunning = true
    open(front.value, wanted())
  }

  function stop(): void {
    put(0, null)
    put(1, null)
    forget(still.value)
    isRunning = false
    isMainRefused.value = false
    begin(true)
  }

  /** The other stream of the same camera is wanted. */
  function follow(): void {
    if (!isRunning) return
    isMainRefused.value = false
    if (decoder.value?.profile === wanted()) put(back(), null)
    else if (reading.hasFrame) open(back(), wanted())
    else start()
  }

  /** Brings the lower decoder to the front once its picture stands, or gives it up. */
  function settle(now_ms: number): void {
    const coming = decoders.value[back()]
    const video = videos[back()].value
    // Given up is not forgotten: on a busy machine the stream wanted comes at the second attempt.
    if (!coming && decoder.value && decoder.value.profile !== wanted() && now_ms - gaveUpAt_ms > again_ms[wanted()]) follow()
    if (!coming || !video || coming.profile !== wanted()) return
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && presented(video) >= 2) {
      begin(false)
      turnOver()
    } else if (coming.picture.state === 'failed' || now_ms - coming.since_ms > patience_ms) {
      put(back(), null)
      gaveUpAt_ms = now_ms
      isMainRefused.value = wanted() === 'main'
    }
  }

  useTick((now_ms) => {
    settle(now_ms)
    const video = videos[front.value].value
    if (video && decoder.value) read(video, decoder.value.player.meter, now_ms)
  })
  onMounted(start)
  onActivated(() => isRunning || start())
  onDeactivated(stop)
  onBeforeUnmount(stop)
  // Each by itself: a tile that is marked, not changed, keeps its picture.
  watch([() => tile().camera.camera_id, () => tile().grant.purpose.code, () => tile().grant.visit.incidentId], start)
  watch(wanted, follow)

  const hear = (on: boolean) => decoder.value?.player.hear(on)
  return { picture, profile, front, reading, isMainRefused, hear, reopen: () => decoder.value?.player.reopen() }
}
