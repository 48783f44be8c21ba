// Coordinates as people type and read them: degrees, lon before lat, WGS 84 / CGCS2000 (equal here, see the datum shown).

export interface LonLat {
  lon: number
  lat: number
}

const isLon = (value: number) => Math.abs(value) <= 180
const isLat = (value: number) => Math.abs(value) <= 90

const hemisphere: Record<string, { axis: 'lon' | 'lat'; sign: 1 | -1 }> = {
  N: { axis: 'lat', sign: 1 },
  北: { axis: 'lat', sign: 1 },
  S: { axis: 'lat', sign: -1 },
  南: { axis: 'lat', sign: -1 },
  E: { axis: 'lon', sign: 1 },
  东: { axis: 'lon', sign: 1 },
  W: { axis: 'lon', sign: -1 },
  西: { axis: 'lon', sign: -1 },
}

interface Part {
  value: number
  axis: 'lon' | 'lat' | null
}

function parsePart(text: string): Part | null {
  const letters = text.toUpperCase().match(/[NSEW东南西北]/g) ?? []
  if (letters.length > 1) return null
  const body = text.replace(/[NSEWnsew东南西北]|[经纬][度]?/g, '').trim()
  const match = /^([+-]?\d+(?:\.\d+)?)(?:\s*[°度]\s*)?(?:(\d+(?:\.\d+)?)\s*['′分]\s*)?(?:(\d+(?:\.\d+)?)\s*["″秒]\s*)?$/.exec(body)
  if (!match) return null
  const minutes = Number(match[2] ?? 0)
  const seconds = Number(match[3] ?? 0)
  if (minutes >= 60 || seconds >= 60) return null
  const degrees = Number(match[1])
  const size = Math.abs(degrees) + minutes / 60 + seconds / 3600
  const side = letters[0] ? hemisphere[letters[0]]! : null
  const sign = side ? side.sign : match[1]!.startsWith('-') ? -1 : 1
  return { value: sign * size, axis: side?.axis ?? null }
}

/**
 * Reads "lon,lat" (also blanks or full-width commas, degrees-minutes-seconds and hemisphere letters); null when it is none.
 * Without letters the first number is the longitude, unless only the other order is possible (the second exceeds 90).
 */
export function parseLonLat(text: string): LonLat | null {
  const parts = splitPair(text.trim())
  if (!parts) return null
  const [first, second] = parts.map(parsePart)
  if (!first || !second || (first.axis && first.axis === second.axis)) return null
  const isSwapped = first.axis === 'lat' || second.axis === 'lon' || (!first.axis && !second.axis && Math.abs(second.value) > 90)
  const lon = isSwapped ? second.value : first.value
  const lat = isSwapped ? first.value : second.value
  return isLon(lon) && isLat(lat) ? { lon, lat } : null
}

function splitPair(text: string): [string, string] | null {
  const byComma = text.split(/[,，;；、]/)
  const pieces = byComma.length > 1 ? byComma : text.split(/\s+/)
  const [a, b] = pieces.map((piece) => piece.trim())
  return pieces.length === 2 && a && b ? [a, b] : null
}

/** Six decimals: a tenth of a metre. */
export function lonLatText({ lon, lat }: LonLat): string {
  return `${lon.toFixed(6)}, ${lat.toFixed(6)}`
}
