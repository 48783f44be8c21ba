import { ref } from 'vue'

/** One command at a time; of those given meanwhile the latest is carried out, the others are forgotten. */
export function useCommands(onDone: () => void, onRefused: (message: string) => void) {
  const isBusy = ref(false)
  let next: (() => Promise<unknown>) | null = null

  async function run(command: () => Promise<unknown>): Promise<void> {
    if (isBusy.value) {
      next = command
      return
    }
    isBusy.value = true
    try {
      await command()
      onDone()
    } catch (error) {
      next = null
      onRefused(error instanceof Error ? error.message : String(error))
    } finally {
      isBusy.value = false
    }
    const waiting = next
    next = null
    if (waiting) await run(waiting)
  }

  return { isBusy, run }
}
