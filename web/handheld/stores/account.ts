import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ApiError, caller } from '@/api/client'
import type { Session, User } from '@/api/types'
import { closeSession, fetchSession, openSession } from '@m/api'
import { keep, kept, records } from './records'

/** `kept`: the phone knows whose it is, the server has not been asked or did not answer. */
export type Standing = 'nobody' | 'kept' | 'signed_in' | 'ended'

export const useAccount = defineStore('handheld-account', () => {
  const user = ref<User | null>(null)
  const standing = ref<Standing>('nobody')
  const isWorker = computed(() => user.value?.rights.includes('handheld.use') ?? false)

  async function take(session: Session): Promise<void> {
    // What was read for somebody else is not shown to whoever signs in next.
    if (user.value && user.value.id !== session.user.id) await records.kept.bulkDelete(['today', 'track'])
    user.value = session.user
    caller.csrfToken = session.csrf_token
    standing.value = 'signed_in'
    await keep('account', session.user)
    // Asks the browser not to clear what is unsent when space runs short.
    await navigator.storage?.persist?.().catch(() => false)
  }

  /** Start with what the phone knows, so that no network is needed to begin. */
  async function recall(): Promise<void> {
    user.value = await kept<User>('account')
    standing.value = user.value ? 'kept' : 'nobody'
  }

  /** Ask the server who the cookie says we are; true when it is the one the phone knows. */
  async function restore(): Promise<boolean> {
    try {
      await take(await fetchSession())
      return true
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) end()
      return false
    }
  }

  async function signIn(username: string, password: string): Promise<void> {
    await take(await openSession(username, password))
  }

  function end(): void {
    caller.csrfToken = null
    standing.value = user.value ? 'ended' : 'nobody'
  }

  /** What waits unsent stays, under the account that made it. */
  async function signOut(): Promise<void> {
    await closeSession().catch(() => undefined)
    await records.kept.clear()
    user.value = null
    end()
  }

  return { user, standing, isWorker, recall, restore, signIn, signOut, end }
})
