// The nouns of the API as the console uses them, all made from the generated schema (`make types`).

import type { components } from './schema'

type Schema = components['schemas']

export type Severity = Schema['IncidentRow']['severity']
export type IncidentState = Schema['IncidentRow']['state']
export type IncidentAct = Schema['StepIn']['act']
export type IncidentReport = Schema['ReportIn']
export type Incident = Schema['IncidentRow']
export type IncidentKinds = Schema['KindsOut']
export type IncidentPage = Schema['IncidentPage']
export type TimelineEntry = Schema['EntryOut']

export type Sight = Schema['SeeingCamera']['sight']
export type SightCamera = Schema['SeeingCamera']
export type SightAnswer = Schema['SightAnswer']
export type NearestPtz = Schema['NearestPtz']
export type Location = Schema['LocateOut']
export type SearchResult = Schema['Hit']
export type GridDetail = Schema['GridSheet']
export type PlaceDetail = Schema['PlaceSheet']

/** What the API leaves open because devices differ; the console shows these four. */
export interface DeviceProfile {
  name: string
  codec: string
  width: number
  height: number
}

type Profiled<T extends { profiles: unknown }> = Omit<T, 'profiles'> & { profiles: DeviceProfile[] }

export type Pose = Schema['PoseShape']
export type Device = Profiled<Schema['DeviceShape']>
export type Camera = Omit<Schema['CameraSheet'], 'device'> & { device: Device }
export type CameraRow = Schema['CameraRow']
export type CameraPage = Schema['CameraPage']
export type DeviceOrder = Schema['DeviceOrder']

export type Purpose = Schema['PurposeShape']
type OrderOfStream = Schema['StreamOrder']
/** What has a default at the server may be left out. */
export type StreamOrder = Omit<OrderOfStream, 'kind' | 'speed'> & Partial<Pick<OrderOfStream, 'kind' | 'speed'>>
export type StreamTicket = Schema['StreamTicket']

export type WallSize = Schema['LayoutRow']['size']
export type WallCameraRow = Schema['WallCamera']
export type Layout = Schema['LayoutRow']
export type LayoutNew = Schema['LayoutNew']
export type LayoutEdit = Schema['LayoutEdit']
export type Tour = Schema['WallTourRow']
export type TourNew = Schema['WallTourNew']
export type TourEdit = Schema['WallTourEdit']

export type Role = 'admin' | 'operator' | 'dispatcher' | 'planner' | 'inspector' | 'worker'
export type User = Omit<Schema['PrincipalOut'], 'role'> & { role: Role }
export type Session = Omit<Schema['SessionOut'], 'user'> & { user: User }
export type Account = Schema['UserOut']
export type NewAccount = Schema['UserIn']
export type Site = Schema['SiteOut']

export type ImportReport = Schema['ImportReport']
export type PastImport = Schema['ImportRow']
export type InspectReport = Schema['InspectReport']
export type RegisterEntry = Schema['RegisterEntryOut']
export type RegisterVerdict = Schema['VerdictOut']

export type AimOrder = Schema['AimOrder']
export type AimAnswer = Schema['AimAnswer']
export type AimedCamera = Schema['AimedCamera']
export type PtzSheet = Schema['PtzSheet']
export type PtzLock = Schema['LockShape']
export type MoveOrder = Schema['MoveOrder']
export type MoveAnswer = Schema['MoveAnswer']
export type HeadView = Schema['HeadView']
export type HeadViews = Schema['HeadViews']
export type HeadTour = Schema['HeadTour']
export type PtzPosition = Schema['PositionShape']
export type PtzPreset = Schema['PresetShape']
export type PtzPresetEdit = Schema['PresetEdit']
export type PtzTour = Schema['PresetTourShape']
export type PtzTourNew = Schema['PresetTourNew']
export type PtzMask = Schema['MaskShape']
export type PtzMaskNew = Schema['MaskNew']
export type HeadEdit = Schema['HeadEdit']
export type HeadCalibration = Schema['CalibrationShape']
export type HeadCalibrationOrder = Schema['HeadCalibrationOrder']
export type HeadSighting = Schema['Sighting']
