import { onBeforeUnmount, ref } from 'vue'
import { takeCalibrationSnapshot } from '@/api/calibration'
import type { Snapshot } from './landmarks'

function sizeOf(url: string): Promise<{ width_px: number; height_px: number }> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve({ width_px: image.naturalWidth, height_px: image.naturalHeight })
    image.onerror = () => reject(new Error('no picture'))
    image.src = url
  })
}

/** The still landmarks are marked in; a new one takes the place of the old, whose memory is given back. */
export function useSnapshot() {
  const snapshot = ref<Snapshot | null>(null)

  function release(): void {
    if (snapshot.value) URL.revokeObjectURL(snapshot.value.url)
    snapshot.value = null
  }

  async function take(cameraId: number): Promise<void> {
    const { picture, takenAt } = await takeCalibrationSnapshot(cameraId)
    const url = URL.createObjectURL(picture)
    const size = await sizeOf(url)
    release()
    snapshot.value = { url, takenAt, ...size }
  }

  onBeforeUnmount(release)
  return { snapshot, take }
}
