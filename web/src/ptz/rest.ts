/** What is left of a lock: minutes and seconds, never below nought. */
export function restText(rest_ms: number): string {
  const seconds = Math.max(0, Math.ceil(rest_ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
