import { defineStore } from 'pinia'
import { computed, ref, shallowRef, type Ref } from 'vue'
import { ApiError } from '@/api/client'
import { fetchGridsOf, previewChange, type Draft, type GridCollection, type GridFeature, type Operation, type Preview } from '@/api/grids'
import { keepDraft, keptDraft } from '@/grids/edit/keptDraft'
import { latestOf } from '@/plan/latest'
import { useToasts } from './toasts'

/** The step itself was refused; a session that is over or a server out of reach says nothing about it. */
const isRefusal = (error: unknown) => error instanceof ApiError && [400, 404, 409, 422].includes(error.status)

/** Grids of a set on a day, and the change set being made of them: operations in order, and what the server says they would do. */
export const useGridDraft = defineStore('gridDraft', () => {
  const toasts = useToasts()
  const [setName, at] = [ref<string | null>(null), ref<string | null>(null)]
  const base = shallowRef<GridCollection | null>(null)
  const isLoading = ref(false)
  const fault = ref('')
  const operations = shallowRef<Operation[]>([])
  const undone = shallowRef<Operation[]>([])
  const preview = shallowRef<Preview | null>(null)
  /** Why the draft that stands could not be previewed: the server is away, or somebody changed its grids. */
  const stuck = ref('')
  const isAsking = ref(false)
  const isSaving = ref(false) // its grids change under it meanwhile: nothing more is asked of it
  let previewed: Operation[] = []
  let abort: AbortController | null = null

  const question = latestOf<Draft & { isTried: boolean }, Preview>({
    run: ({ set_name, operations }) => previewChange({ set_name, operations }),
    onAnswer: (answer, { operations: asked }) => {
      preview.value = answer
      previewed = asked
      stuck.value = ''
    },
    onFault: (error, { operations: asked, isTried }) => {
      // Whoever has gone on since is answered by the question that follows.
      if (asked !== operations.value) return
      if (isTried && isRefusal(error)) drop(asked, error)
      else {
        forget()
        stuck.value = (error as Error).message
      }
    },
    onIdle: () => (isAsking.value = false),
  })

  /** What the server refuses is not part of the draft; the draft before it stands. */
  function drop(refused: Operation[], error: unknown): void {
    toasts.fault(error)
    operations.value = refused.slice(0, -1)
    keep()
    const isKnown = operations.value.length === previewed.length && operations.value.every((each, i) => each === previewed[i])
    if (!isKnown) ask(true)
  }

  function forget(): void {
    preview.value = null
    previewed = []
    stuck.value = ''
  }

  /** `isTried`: the last step is new, and goes again if it cannot be carried out. */
  function ask(isTried = false): void {
    if (isSaving.value && operations.value.length > 0) return
    if (operations.value.length > 0 && setName.value) {
      isAsking.value = true
      question.ask({ set_name: setName.value, operations: operations.value, isTried })
    } else {
      question.drop()
      forget()
    }
  }

  const keep = () => setName.value && keepDraft(setName.value, operations.value)

  function become(now: Operation[], back: Operation[], isTried = false): void {
    operations.value = now
    undone.value = back
    keep()
    ask(isTried)
  }

  const add = (operation: Operation) => become([...operations.value, operation], [], true)

  function undo(): boolean {
    const last = operations.value.at(-1)
    if (last) become(operations.value.slice(0, -1), [...undone.value, last])
    return last !== undefined
  }

  function redo(): boolean {
    const next = undone.value.at(-1)
    if (next) become([...operations.value, next], undone.value.slice(0, -1), true)
    return next !== undefined
  }

  /** Undoes every step at once; each can be redone. */
  const discard = () => become([], [...undone.value, ...[...operations.value].reverse()])
  const clear = () => become([], [])

  async function load(set: string, day: string | null): Promise<void> {
    abort?.abort()
    abort = new AbortController()
    const isElse = set !== setName.value || day !== at.value
    if (set !== setName.value) {
      question.drop()
      forget()
      operations.value = keptDraft(set)
      undone.value = []
    }
    setName.value = set
    at.value = day
    isLoading.value = true
    try {
      base.value = await fetchGridsOf(set, day, abort.signal)
      fault.value = ''
      if (!preview.value) ask()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
      if (isElse) base.value = null
      fault.value = (error as Error).message
    }
    isLoading.value = false
  }

  const reload = () => (setName.value ? load(setName.value, at.value).then(() => ask()) : Promise.resolve())

  return { setName, at, base, isLoading, fault, operations, undone, preview, stuck, isAsking, isSaving, ...outcomeOf(base, preview), add, undo, redo, discard, clear, ask, load, reload }
})

/** What a preview makes of the grids of the day. */
function outcomeOf(base: Ref<GridCollection | null>, preview: Ref<Preview | null>) {
  const endedIds = computed(() => new Set(preview.value?.ended.map(({ id }) => id) ?? []))
  const ended = computed<GridFeature[]>(() => base.value?.features.filter(({ id }) => endedIds.value.has(id)) ?? [])
  /** The grids as they would be: what stays, and what the draft makes. */
  const current = computed<GridFeature[]>(() => {
    const made = preview.value?.after.features ?? []
    const madeIds = new Set(made.map(({ id }) => id))
    return [...(base.value?.features.filter(({ id }) => !endedIds.value.has(id) && !madeIds.has(id)) ?? []), ...made]
  })
  const madeIds = computed(() => preview.value?.after.features.map(({ id }) => id) ?? [])
  return { ended, current, madeIds }
}
