import type { components } from '@/api/schema'

export type Today = components['schemas']['TodayOut']
export type TodayTask = components['schemas']['TodayTaskOut']
export type Kind = components['schemas']['KindOut']
export type Track = components['schemas']['TrackOut']
