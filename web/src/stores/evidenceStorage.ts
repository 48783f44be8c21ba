import { defineStore } from 'pinia'
import { ref } from 'vue'
import { fetchStorage, type Storage } from '@/api/evidence'
import { useLive } from './live'
import { useSession } from './session'

const settle_ms = 500
/** The disk may be filled by others, of whom no notice tells. */
const every_ms = 60_000

/** How full the store of evidence is, kept true while somebody who may read evidence is signed in. */
export const useEvidenceStorage = defineStore('evidenceStorage', () => {
  const storage = ref<Storage | null>(null)
  const live = useLive()
  const session = useSession()
  let waiting = 0

  async function load(): Promise<void> {
    window.clearTimeout(waiting)
    if (session.may('evidence.read')) {
      try {
        storage.value = await fetchStorage()
      } catch {
        // What was known stays shown; it is asked again soon.
      }
    } else storage.value = null
    waiting = window.setTimeout(() => void load(), every_ms)
  }

  function soon(): void {
    window.clearTimeout(waiting)
    waiting = window.setTimeout(() => void load(), settle_ms)
  }

  live.on('evidence', soon)
  live.onCatchUp(soon)

  return { storage, load }
})
