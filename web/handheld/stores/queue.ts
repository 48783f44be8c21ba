import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { caller } from '@/api/client'
import { post, postFixes } from '@m/api'
import { sendFixes } from '@m/queue/fixes'
import type { Entry, NewEntry } from '@m/queue/records'
import type { Post } from '@m/queue/requests'
import { discard, hurry, retry, sendAll, type Heard, type Outcome } from '@m/queue/sending'
import { useAccount } from './account'
import { live, records } from './records'

const look_ms = 3000
const keptAnswers_ms = 48 * 3600_000

/** What is not yet told to the server, and its being told. */
export const useQueue = defineStore('handheld-queue', () => {
  const account = useAccount()
  const all = live(() => records.entries.orderBy('id').toArray(), [])
  const answers = live(() => records.answers.orderBy('sentAt').reverse().limit(100).toArray(), [])
  const fixCount = live(() => records.fixes.count(), 0)
  const refusals = live(() => records.refusals.toArray(), [])
  const outcome = ref<Outcome>('done')
  const isSending = ref(false)
  const sentCount = ref(0)

  const entries = computed(() => all.value.filter((entry) => entry.owner === account.user?.id))
  const others = computed(() => all.value.filter((entry) => entry.owner !== account.user?.id))
  const refused = computed(() => entries.value.filter((entry) => entry.state === 'refused'))

  async function add(...made: Omit<NewEntry, 'owner'>[]): Promise<void> {
    const owner = account.user!.id
    const rows = made.map((entry) => ({ ...entry, owner, state: 'waiting' as const, tries: 0, nextAt: 0 }))
    await records.entries.bulkAdd(rows)
    void send()
  }

  /** Another tab has signed in anew: its session is ours, its token is not yet. */
  async function postTwice(request: Post): Promise<Heard> {
    const heard = await post(request)
    if (heard.fault?.code !== 'session.csrf' || !(await account.restore())) return heard
    return post(request)
  }

  async function pass(): Promise<void> {
    const owner = account.user!.id
    isSending.value = true
    try {
      const before = await records.entries.where({ owner }).count()
      outcome.value = await sendAll(records, owner, { post: postTwice, now: Date.now })
      if (outcome.value !== 'offline' && outcome.value !== 'signed_out') {
        const status = await sendFixes(records, owner, caller.language === 'en' ? 'en' : 'zh', postFixes)
        if (status === 401) outcome.value = 'signed_out'
      }
      if (outcome.value === 'signed_out') account.end()
      await records.answers.where('sentAt').below(Date.now() - keptAnswers_ms).delete()
      if ((await records.entries.where({ owner }).count()) < before) sentCount.value++
    } finally {
      isSending.value = false
    }
  }

  let hasMore = false

  /** Send what is due. One tab at a time; without a session nothing is tried. */
  async function send(): Promise<void> {
    hasMore = isSending.value // what comes in during a pass has the next one
    if (account.standing !== 'signed_in' || isSending.value) return
    await navigator.locks.request('gridlink-handheld-queue', { ifAvailable: true }, async (lock) => {
      if (lock) await pass()
    })
    if (hasMore) await send()
  }

  async function sendNow(): Promise<void> {
    if (account.user) await hurry(records, account.user.id)
    if (account.standing !== 'signed_in') await account.restore()
    await send()
  }

  function start(): void {
    window.addEventListener('online', () => void sendNow())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void sendNow())
    window.setInterval(() => (entries.value.length || fixCount.value ? void tick() : undefined), look_ms)
    void send()
  }

  async function tick(): Promise<void> {
    if (account.standing === 'kept' && navigator.onLine) await account.restore()
    await send()
  }

  return {
    ...{ entries, others, refused, answers, fixCount, refusals, outcome, isSending, sentCount },
    ...{ add, send, sendNow, start },
    retry: (entry: Entry) => retry(records, entry).then(() => send()),
    discard: (entry: Entry) => discard(records, entry).then(() => send()),
    forgetRefusals: () => records.refusals.clear(),
  }
})
