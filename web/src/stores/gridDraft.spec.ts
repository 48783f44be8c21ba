import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/client'
import type { Draft, Operation, Preview } from '@/api/grids'
import { useGridDraft } from './gridDraft'

const answers = vi.hoisted(() => ({ preview: (draft: Draft): Promise<Preview> => Promise.reject(new Error(draft.set_name)) }))
vi.mock('@/api/grids', () => ({
  previewChange: (draft: Draft) => answers.preview(draft),
  fetchGridsOf: () => Promise.resolve({ type: 'FeatureCollection', features: [] }),
}))

const session = new Map<string, string>()
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => session.get(key) ?? null,
  setItem: (key: string, value: string) => session.set(key, value),
  removeItem: (key: string) => session.delete(key),
})

vi.stubGlobal('window', globalThis)

const merge = (...grid_ids: number[]): Operation => ({ op: 'merge', grid_ids })
const preview = { ended: [], after: { features: [] }, effects: [], faults: [], neighbours: 0 } as unknown as Preview
const settle = () => vi.waitFor(() => expect(useGridDraft().isAsking).toBe(false))
const kept = (set: string) => JSON.parse(session.get(`gridlink.gridDraft.${set}`) ?? '[]') as Operation[]

beforeEach(async () => {
  session.clear()
  setActivePinia(createPinia())
  answers.preview = () => Promise.resolve(preview)
  await useGridDraft().load('basic', null)
})

describe('a draft of changes', () => {
  it('loses only the step that the server refuses', async () => {
    const draft = useGridDraft()
    draft.add(merge(1, 2))
    await settle()
    answers.preview = () => Promise.reject(new ApiError(422, 'grids.edit_refused', 'no'))
    draft.add(merge(3, 4))
    await settle()
    expect(draft.operations).toEqual([merge(1, 2)])
    expect(draft.preview).toBe(preview)
  })

  it('keeps every step while the server is out of reach, and asks again when told', async () => {
    const draft = useGridDraft()
    draft.add(merge(1, 2))
    await settle()
    answers.preview = () => Promise.reject(new ApiError(0, 'network.unreachable', 'away'))
    draft.add(merge(3, 4))
    await settle()
    expect(draft.operations).toHaveLength(2)
    expect(draft.stuck).toBe('away')
    expect(kept('basic')).toHaveLength(2)
    answers.preview = () => Promise.resolve(preview)
    draft.ask()
    await settle()
    expect(draft.stuck).toBe('')
    expect(draft.preview).toBe(preview)
  })

  it('stays as it is when somebody else has changed its grids meanwhile', async () => {
    const draft = useGridDraft()
    draft.add(merge(1, 2))
    await settle()
    answers.preview = () => Promise.reject(new ApiError(409, 'grids.changed', 'changed'))
    await draft.reload()
    await settle()
    expect(draft.operations).toEqual([merge(1, 2)])
    expect(draft.stuck).toBe('changed')
  })

  it('is not touched by an answer to a step that was undone before it came', async () => {
    const draft = useGridDraft()
    draft.add(merge(1, 2))
    await settle()
    let refuse: (error: Error) => void = () => undefined
    answers.preview = () => new Promise((_answer, reject) => void (refuse = reject))
    draft.add(merge(3, 4))
    answers.preview = () => Promise.resolve(preview)
    draft.undo()
    refuse(new ApiError(422, 'grids.edit_refused', 'no'))
    await settle()
    expect(draft.operations).toEqual([merge(1, 2)])
  })

  it('is discarded as a whole and brought back step by step', async () => {
    const draft = useGridDraft()
    draft.add(merge(1, 2))
    draft.add(merge(3, 4))
    draft.discard()
    expect(draft.operations).toEqual([])
    draft.redo()
    draft.redo()
    await settle()
    expect(draft.operations).toEqual([merge(1, 2), merge(3, 4)])
  })

  it('waits in its own set while another is edited', async () => {
    const draft = useGridDraft()
    draft.add(merge(1, 2))
    await settle()
    await draft.load('police', null)
    expect(draft.operations).toEqual([])
    draft.add(merge(7, 8))
    await settle()
    await draft.load('basic', null)
    await settle()
    expect(draft.operations).toEqual([merge(1, 2)])
    expect(kept('police')).toEqual([merge(7, 8)])
  })
})
