import { onActivated, onBeforeUnmount, onDeactivated, onMounted, reactive, ref, watch, type Ref } from 'vue'
import { playableCodecs } from '@/api/streams'
import type { Tile } from '@/stores/wall'
import { emptyPicture, Player } from './player'

/** A player that follows a tile: opened when there is a camera, changed with it, closed when the view goes away. */
export function usePlayer(video: Ref<HTMLVideoElement | undefined>, tile: () => Tile, profile: () => 'sub' | 'main') {
  const picture = reactive(emptyPicture())
  const isRunning = ref(false)
  let player: Player | null = null

  function start(): void {
    stop()
    if (!video.value) return
    const { camera, grant } = tile()
    Object.assign(picture, emptyPicture())
    isRunning.value = true
    player = new Player(
      video.value,
      {
        camera_id: camera.camera_id,
        purpose: grant.purpose.code,
        ...(grant.visit.incidentId === null ? {} : { incident_id: grant.visit.incidentId }),
        profile: profile(),
        codecs: playableCodecs(),
      },
      picture,
    )
  }

  function stop(): void {
    player?.close()
    player = null
    isRunning.value = false
  }

  onMounted(start)
  onActivated(() => {
    if (!isRunning.value) start()
  })
  onDeactivated(stop)
  onBeforeUnmount(stop)
  watch(() => [tile().camera.camera_id, tile().grant.purpose.code, tile().grant.visit.incidentId, profile()], start)

  return { picture, reopen: () => player?.reopen() }
}
