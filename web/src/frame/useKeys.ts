import { onActivated, onBeforeUnmount, onDeactivated, onMounted } from 'vue'

export type KeyMap = Record<string, (event: KeyboardEvent) => unknown>

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** Enter and blank belong to the control that has the focus. */
const ownsEnter = (target: EventTarget | null) =>
  target instanceof HTMLElement && ['BUTTON', 'A', 'SUMMARY'].includes(target.tagName)

/** Keys of a view while it is on screen; letters never fire while somebody types, Escape always does. */
export function useKeys(keys: KeyMap): void {
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const act = keys[name]
    if (!act) return
    if (name !== 'Escape' && isTyping(event.target)) return
    if (name === 'Enter' && ownsEnter(event.target)) return
    if (act(event) !== false) event.preventDefault()
  }
  const listen = () => window.addEventListener('keydown', onKey)
  const leave = () => window.removeEventListener('keydown', onKey)
  onMounted(listen)
  onActivated(listen)
  onDeactivated(leave)
  onBeforeUnmount(leave)
}
