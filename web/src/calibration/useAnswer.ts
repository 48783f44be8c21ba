import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiError } from '@/api/client'

const pause_ms = 200
const again_ms = 3000

/** The server's answer to an order as it is now: asked a moment after its last change, what was asked before given up. */
export function useAnswer<Order, Answer>(order: Ref<Order | null>, run: (order: Order, signal: AbortSignal) => Promise<Answer> | null) {
  const answer = shallowRef<Answer | null>(null)
  const fault = shallowRef<Error | null>(null)
  const isAsking = ref(false)
  let asked: AbortController | null = null
  let timer = 0

  async function ask(): Promise<void> {
    const own = (asked = new AbortController())
    try {
      const found = order.value && (await run(order.value, own.signal))
      if (own !== asked || found === null) return
      answer.value = found
      fault.value = null
    } catch (error) {
      if (own !== asked) return
      answer.value = null
      fault.value = error as Error
      // A server that is starting or out of reach may answer soon; what it refused stays refused.
      if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) timer = window.setTimeout(again, again_ms)
    } finally {
      if (own === asked) isAsking.value = false
    }
  }

  function again(): void {
    isAsking.value = true
    void ask()
  }

  function giveUp(): void {
    window.clearTimeout(timer)
    asked?.abort()
    asked = null
  }

  watch(order, (now) => {
    giveUp()
    isAsking.value = now !== null
    if (now) timer = window.setTimeout(() => void ask(), pause_ms)
    else answer.value = fault.value = null
  })
  onBeforeUnmount(giveUp)

  return { answer, fault, isAsking }
}
