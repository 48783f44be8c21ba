import { computed, onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** The rows of a long list that are in view, with a few around; every row has the same height. */
export function useRowWindow(list: Ref<HTMLElement | undefined>, count: () => number, row_px: number) {
  const top_px = ref(0)
  const height_px = ref(800)
  const spare = 6

  const first = computed(() => Math.max(0, Math.min(count() - 1, Math.floor(top_px.value / row_px) - spare)))
  const last = computed(() => Math.min(count(), first.value + Math.ceil(height_px.value / row_px) + 2 * spare))
  const before_px = computed(() => first.value * row_px)
  const after_px = computed(() => Math.max(0, (count() - last.value) * row_px))

  const onScroll = () => (top_px.value = list.value?.scrollTop ?? 0)
  const observer = new ResizeObserver(([entry]) => {
    if (entry) height_px.value = entry.contentRect.height
  })
  onMounted(() => observer.observe(list.value!))
  onBeforeUnmount(() => observer.disconnect())

  /** Scrolls only as far as needed to show a row. */
  function show(index: number): void {
    if (!list.value || index < 0) return
    const start_px = index * row_px
    const over_px = start_px + row_px - list.value.clientHeight
    if (list.value.scrollTop > start_px) list.value.scrollTop = start_px
    else if (list.value.scrollTop < over_px) list.value.scrollTop = over_px
  }

  return { first, last, before_px, after_px, onScroll, show }
}
