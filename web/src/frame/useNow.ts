import { readonly, ref } from 'vue'

const now = ref(new Date())
let isTicking = false

/** The present time, a second at a time, one clock for the whole console. */
export function useNow() {
  if (!isTicking) {
    isTicking = true
    window.setInterval(() => (now.value = new Date()), 1000)
  }
  return readonly(now) as { readonly value: Date }
}
