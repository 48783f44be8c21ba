import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import * as api from '@/api/wall'
import type { Layout, LayoutNew, Tour, TourNew } from '@/api/types'

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name, 'zh')

/** Layouts and tours as the server keeps them. */
export const useWallKept = defineStore('wallKept', () => {
  const layouts = shallowRef<Layout[]>([])
  const tours = shallowRef<Tour[]>([])
  const isLoaded = ref(false)

  async function load(): Promise<void> {
    ;[layouts.value, tours.value] = await Promise.all([api.fetchLayouts(), api.fetchTours()])
    isLoaded.value = true
  }

  const putLayout = (layout: Layout) => (layouts.value = [...layouts.value.filter(({ id }) => id !== layout.id), layout].sort(byName))
  const putTour = (tour: Tour) => (tours.value = [...tours.value.filter(({ id }) => id !== tour.id), tour].sort(byName))

  async function saveLayout(layout: LayoutNew): Promise<Layout> {
    const saved = await api.saveLayout(layout)
    putLayout(saved)
    return saved
  }

  async function overwrite(layout: Layout, { size, cameras }: Pick<LayoutNew, 'size' | 'cameras'>): Promise<void> {
    putLayout(await api.editLayout(layout.id, { size, cameras, version: layout.version }))
  }

  async function removeLayout({ id }: Layout): Promise<void> {
    await api.deleteLayout(id)
    layouts.value = layouts.value.filter((layout) => layout.id !== id)
  }

  async function saveTour(tour: TourNew): Promise<Tour> {
    const saved = await api.saveTour(tour)
    putTour(saved)
    return saved
  }

  async function removeTour({ id }: Tour): Promise<void> {
    await api.deleteTour(id)
    tours.value = tours.value.filter((tour) => tour.id !== id)
  }

  return { layouts, tours, isLoaded, load, saveLayout, overwrite, removeLayout, saveTour, removeTour }
})
