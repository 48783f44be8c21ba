import { call } from './client'
import type { Layout, LayoutEdit, LayoutNew, Tour, TourEdit, TourNew, WallCameraRow } from './types'

interface Found {
  cameras: WallCameraRow[]
  gone: number
}

export const fetchLayouts = () => call<{ layouts: Layout[] }>('/wall/layouts').then((answer) => answer.layouts)
export const saveLayout = (layout: LayoutNew) => call<Layout>('/wall/layouts', { method: 'POST', body: layout })
export const editLayout = (id: number, change: LayoutEdit) => call<Layout>(`/wall/layouts/${id}`, { method: 'PATCH', body: change })
export const deleteLayout = (id: number) => call<undefined>(`/wall/layouts/${id}`, { method: 'DELETE' })

export const fetchTours = () => call<{ tours: Tour[] }>('/wall/tours').then((answer) => answer.tours)
export const saveTour = (tour: TourNew) => call<Tour>('/wall/tours', { method: 'POST', body: tour })
export const editTour = (id: number, change: TourEdit) => call<Tour>(`/wall/tours/${id}`, { method: 'PATCH', body: change })
export const deleteTour = (id: number) => call<undefined>(`/wall/tours/${id}`, { method: 'DELETE' })
export const fetchTourCameras = (id: number) => call<Found>(`/wall/tours/${id}/cameras`)

/** How tiles name these cameras, in the order asked for; what is gone is missing and counted. */
export const fetchWallCameras = (ids: number[]) => call<Found>(`/wall/cameras?${ids.map((id) => `id=${id}`).join('&')}`)
