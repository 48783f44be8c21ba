import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ApiError } from '@/api/client'

export interface Toast {
  id: number
  tone: 'done' | 'warn' | 'fault'
  text: string
  act?: { label: string; run: () => void }
}

const shown_ms = { done: 4000, warn: 7000, fault: 9000 }
let nextId = 1

export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([])

  function dismiss(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  function show(tone: Toast['tone'], text: string, act?: Toast['act']): void {
    const id = nextId++
    toasts.value = [...toasts.value.slice(-3), { id, tone, text, act }]
    window.setTimeout(() => dismiss(id), act ? 8000 : shown_ms[tone])
  }

  /** The API's own words; aborted calls are nobody's fault. */
  function fault(error: unknown): void {
    if (error instanceof DOMException && error.name === 'AbortError') return
    if (error instanceof ApiError && error.isSignedOut) return
    show('fault', error instanceof Error ? error.message : String(error))
  }

  return { toasts, show, fault, dismiss }
})
