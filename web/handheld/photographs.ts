const longest_px = 1600
const most_bytes = 1_500_000

export interface Photograph {
  bytes: ArrayBuffer
  mediaType: 'image/jpeg'
  takenAt: string
  url: string
}

/** A picture drawn anew no larger than it need be; what the phone wrote into the file is left behind. */
export async function scaled(file: File): Promise<Photograph> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const share = Math.min(1, longest_px / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * share))
  canvas.height = Math.max(1, Math.round(picture.height * share))
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  const blob = await encoded(canvas, 0.85)
  return { bytes: await blob.arrayBuffer(), mediaType: 'image/jpeg', takenAt: new Date(takenAt(file)).toISOString(), url: URL.createObjectURL(blob) }
}

/** A camera writes the file as it takes the picture; a clock that says later than now is not believed. */
function takenAt(file: File): number {
  return Math.min(file.lastModified || Date.now(), Date.now())
}

async function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
  if (blob === null) throw new Error('the picture cannot be encoded')
  return blob.size > most_bytes && quality > 0.4 ? encoded(canvas, quality - 0.15) : blob
}
