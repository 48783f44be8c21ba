import type { AlarmRule, AlarmRuleOrder, AlarmWindow } from '@/api/alarms'
import { shortTime } from '@/patrol/bands'

export const alarmKinds = ['motion', 'crossing', 'input', 'tamper', 'sound', 'video_loss', 'storage', 'hardware', 'reboot', 'offline'] as const

export type Scope = 'all' | 'cameras' | 'grid' | 'place'

/** What a rule's form holds: one scope at a time, times without seconds. */
export interface RuleDraft {
  name: string
  kinds: AlarmRule['kinds']
  scope: Scope
  cameras: { id: number; name: string }[]
  grid: { id: number; name: string } | null
  place_kind: string
  windows: Required<AlarmWindow>[]
  quiet: Required<AlarmWindow>[]
  outcome: AlarmRule['outcome']
  incident_kind: string
  storm_count: number
  storm_window_min: number
  is_active: boolean
}

const draftWindow = ({ weekdays, begins, ends }: AlarmWindow): Required<AlarmWindow> => ({ weekdays: [...(weekdays ?? [])], begins: shortTime(begins), ends: shortTime(ends) })

export const night = (): Required<AlarmWindow> => ({ weekdays: [1, 2, 3, 4, 5, 6, 7], begins: '22:00', ends: '06:00' })

function scopeOf(rule: AlarmRule | null): Scope {
  if (rule?.camera_ids) return 'cameras'
  if (rule?.grid_id) return 'grid'
  return rule?.place_kind ? 'place' : 'all'
}

export function draftOf(rule: AlarmRule | null, names: ReadonlyMap<number, string> = new Map()): RuleDraft {
  return {
    name: rule?.name ?? '',
    kinds: [...(rule?.kinds ?? ['motion' as const])],
    scope: scopeOf(rule),
    cameras: (rule?.camera_ids ?? []).map((id) => ({ id, name: names.get(id) ?? `${id}` })),
    grid: rule?.grid_id ? { id: rule.grid_id, name: rule.grid_name ?? `${rule.grid_id}` } : null,
    place_kind: rule?.place_kind ?? '',
    windows: (rule?.windows ?? []).map(draftWindow),
    quiet: (rule?.quiet ?? []).map(draftWindow),
    outcome: rule?.outcome ?? 'note',
    incident_kind: rule?.incident_kind ?? '',
    storm_count: rule?.storm_count ?? 20,
    storm_window_min: Math.max(1, Math.round((rule?.storm_window_s ?? 300) / 60)),
    is_active: rule?.is_active ?? true,
  }
}

/** The rule as it is sent; what its scope and outcome do not use is left out. */
export function orderOf(draft: RuleDraft): AlarmRuleOrder {
  return {
    name: draft.name.trim(),
    kinds: draft.kinds,
    camera_ids: draft.scope === 'cameras' ? draft.cameras.map(({ id }) => id) : null,
    grid_id: draft.scope === 'grid' ? (draft.grid?.id ?? null) : null,
    place_kind: draft.scope === 'place' ? draft.place_kind.trim() || null : null,
    windows: draft.windows,
    quiet: draft.quiet,
    outcome: draft.outcome,
    incident_kind: draft.outcome === 'incident' ? draft.incident_kind || null : null,
    storm_count: draft.storm_count,
    storm_window_s: draft.storm_window_min * 60,
    is_active: draft.is_active,
  }
}

/** What is still missing, as a word of the form; null when the rule can be sent. */
export function missingOf(draft: RuleDraft): 'name' | 'kinds' | 'cameras' | 'grid' | 'place' | 'days' | 'incidentKind' | null {
  if (!draft.name.trim()) return 'name'
  if (draft.kinds.length === 0) return 'kinds'
  if (draft.scope === 'cameras' && draft.cameras.length === 0) return 'cameras'
  if (draft.scope === 'grid' && !draft.grid) return 'grid'
  if (draft.scope === 'place' && !draft.place_kind.trim()) return 'place'
  if ([...draft.windows, ...draft.quiet].some(({ weekdays }) => weekdays.length === 0)) return 'days'
  return draft.outcome === 'incident' && !draft.incident_kind ? 'incidentKind' : null
}
