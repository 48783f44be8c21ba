import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { useWall } from '@/stores/wall'
import { ask_ms, heard, nobody, standing, told, type Followed, type Message, type Story } from './story'
import { mirrored } from './tiles'

const channelName = 'gridlink.wall'

/** The first window: tells what its wall shows, when that changes and when it is asked. A hidden window still answers. */
export function useLeading(isLeading: () => boolean): void {
  const wall = useWall()
  const own = crypto.getRandomValues(new Uint32Array(2)).join('-')
  let activeAt = Date.now()
  let channel: BroadcastChannel | null = null

  const story = computed<Story | null>(() => {
    const { pending, roll, isOpen, size, slots } = wall
    if (pending) return { title: pending.visit.title, isPending: true, ranked: null, size, tiles: [] }
    if (!isOpen || !roll) return isOpen && !wall.isEmpty ? { title: '', isPending: false, ranked: null, size, tiles: told(slots) } : null
    const ranked = roll.isRanked ? { grant: roll.grant, cameras: roll.cameras } : null
    return { title: roll.grant.visit.title, isPending: false, ranked, size, tiles: told(slots) }
  })

  function tell(): void {
    // Through JSON, because a reactive proxy cannot be cloned.
    channel?.postMessage(JSON.parse(JSON.stringify({ type: 'state', from: own, activeAt, story: story.value })))
  }
  const leave = () => channel?.postMessage({ type: 'bye', from: own } satisfies Message)
  const onFocus = () => {
    activeAt = Date.now()
    tell()
  }

  function begin(): void {
    channel = new BroadcastChannel(channelName)
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.type === 'ask' && (data.to === null || data.to === own)) tell()
    }
    window.addEventListener('pagehide', leave)
    window.addEventListener('focus', onFocus)
  }

  function end(): void {
    leave()
    channel?.close()
    channel = null
    window.removeEventListener('pagehide', leave)
    window.removeEventListener('focus', onFocus)
  }

  // A window may become the second one, and be used on its own again.
  watch(isLeading, (leads) => (leads ? begin() : end()), { immediate: true })
  watch(story, tell)
  onBeforeUnmount(end)
}

/** A ranking comes up in the second window's own size, anything else as it stands in the first. */
function mirror(story: Story | null): void {
  const wall = useWall()
  if (!story) wall.close()
  else if (story.ranked) {
    const { grant, cameras } = story.ranked
    const now = wall.roll?.grant
    const isSame = now?.visit.key === grant.visit.key && now.purpose.code === grant.purpose.code
    if (!isSame || wall.isEmpty) wall.fill(grant, { visit: grant.visit, cameras, isRanked: true, size: null, dwell_s: null })
  } else if (!story.isPending) {
    wall.roll = null
    wall.size = story.size
    wall.set(mirrored(wall.tiles, story.tiles))
  }
}

/** The second window: asks, listens, and shows on its own wall what the first one works on. */
export function useFollowing() {
  const followed = shallowRef<Followed>(nobody())
  const now_ms = ref(performance.now())
  const lostAt = ref<Date | null>(null)
  const channel = new BroadcastChannel(channelName)
  const stand = computed(() => standing(followed.value, now_ms.value))

  function ask(): void {
    now_ms.value = performance.now()
    const { leader, isGone } = followed.value
    channel.postMessage({ type: 'ask', to: isGone || stand.value === 'silent' ? null : leader } satisfies Message)
  }

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    const before = followed.value.story
    followed.value = heard(followed.value, data, performance.now())
    now_ms.value = performance.now()
    if (JSON.stringify(before) !== JSON.stringify(followed.value.story)) mirror(followed.value.story)
  }

  const timer = window.setInterval(ask, ask_ms)
  watch(stand, (now) => (lostAt.value = now === 'gone' || now === 'silent' ? new Date() : null))
  onMounted(ask)
  onBeforeUnmount(() => {
    window.clearInterval(timer)
    channel.close()
  })

  return { stand, lostAt, story: computed(() => followed.value.story) }
}
