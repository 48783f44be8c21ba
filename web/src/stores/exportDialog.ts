import { defineStore } from 'pinia'
import { ref } from 'vue'

/** The export dialog opens over any workspace; whoever opens it may say which layer is meant. */
export const useExportDialog = defineStore('exportDialog', () => {
  const isOpen = ref(false)
  const kind = ref<string | null>(null)

  function open(of: string | null = null): void {
    kind.value = of
    isOpen.value = true
  }

  return { isOpen, kind, open }
})
