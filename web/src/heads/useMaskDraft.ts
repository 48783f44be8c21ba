import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { PtzMaskNew, PtzSheet } from '@/api/types'
import { draftAt } from './arcs'
import type { HeadEdits } from './useHeadEdits'

/** The masked sector that is being drawn: a new one, or one that is kept and changed. */
export function useMaskDraft(sheet: () => PtzSheet | null, edits: HeadEdits) {
  const { t } = useI18n()
  const draft = ref<PtzMaskNew | null>(null)
  const chosenId = ref<number | null>(null)

  function begin(): void {
    chosenId.value = null
    draft.value = draftAt(sheet()?.position?.azimuth_deg ?? 0, t('heads.maskName', { n: (sheet()?.masks.length ?? 0) + 1 }))
  }

  function choose(id: number): void {
    const found = sheet()?.masks.find((mask) => mask.id === id)
    if (!found) return
    const { name, from_deg, to_deg, top_deg, bottom_deg } = found
    chosenId.value = id
    draft.value = { name, from_deg, to_deg, top_deg, bottom_deg }
  }

  function cancel(): void {
    draft.value = chosenId.value = null
  }

  async function save(): Promise<void> {
    if (draft.value && (await edits.mask({ ...draft.value, name: draft.value.name.trim() }, chosenId.value))) cancel()
  }

  return { draft, chosenId, begin, choose, cancel, save }
}
