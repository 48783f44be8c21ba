import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { closeSession, fetchSession, fetchSite, openSession } from '@/api/admin'
import { ApiError, caller } from '@/api/client'
import type { Session, Site, User } from '@/api/types'

export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  const site = ref<Site | null>(null)
  const isSignedIn = computed(() => user.value !== null)

  function take(session: Session): void {
    user.value = session.user
    caller.csrfToken = session.csrf_token
  }

  /** Who the cookie says we are; false when nobody. Other failures are the caller's to show. */
  async function restore(): Promise<boolean> {
    try {
      take(await fetchSession())
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) return false
      throw error
    }
    site.value = await fetchSite()
    return true
  }

  async function signIn(username: string, password: string): Promise<void> {
    take(await openSession(username, password))
    site.value = await fetchSite()
  }

  function forget(): void {
    user.value = null
    caller.csrfToken = null
  }

  async function signOut(): Promise<void> {
    await closeSession()
    forget()
  }

  const may = (right: string) => user.value?.rights.includes(right) ?? false
  const isOneOf = (...roles: User['role'][]) => user.value !== null && roles.includes(user.value.role)

  return { user, site, isSignedIn, restore, signIn, signOut, forget, may, isOneOf }
})
