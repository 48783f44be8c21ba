// The nouns of the API as the console reads them.

export type Severity = 'red' | 'yellow' | 'blue'
export type IncidentState = 'reported' | 'handling' | 'closed' | 'rejected'
export type Sight = 'certain' | 'possible' | 'blocked'
export type Role = 'admin' | 'operator' | 'dispatcher' | 'planner' | 'inspector'

export interface DivisionRef {
  code: string
  name: string
  level: string
}

export interface User {
  id: number
  username: string
  display_name: string
  role: Role
  division: DivisionRef | null
  rights: string[]
  is_active?: boolean
}

export interface Session {
  user: User
  csrf_token: string
}

export interface Site {
  name: string
  name_en: string
  centre: [number, number]
  zoom: number
  bounds: [number, number, number, number]
  tianditu: Record<string, unknown> | null
  version: string
  simulated: boolean
}

export interface SearchResult {
  kind: 'place' | 'grid' | 'camera' | 'division' | 'incident' | 'coordinate'
  id: string | null
  title: string
  subtitle: string | null
  lon: number
  lat: number
}

export interface GridRef {
  id: number
  set_name: string
  code: string
  name: string
}

export interface Location {
  division: { code: string; name: string; path: string[] } | null
  grids: GridRef[]
  building_id: number | null
  nearest_place: { id: number; name: string; distance_m?: number } | null
}

export interface SightCamera {
  camera_id: number
  name: string
  lon: number
  lat: number
  distance_m: number
  bearing_deg: number
  sight: Sight
  reason: string
  reason_text: string
  reason_detail: { building_id?: number; blocked_at_m?: number } & Record<string, unknown>
  pixels_per_m: number | null
  density_band: string | null
  alive: boolean | null
  has_ptz: boolean
  assumed: string[]
  rank?: number
}

export interface NearestPtz {
  camera_id: number
  name: string
  lon: number
  lat: number
  distance_m: number
  bearing_deg: number
  line_clear: boolean
}

export interface SightAnswer {
  lon: number
  lat: number
  cameras: SightCamera[]
  nearest_ptz: NearestPtz | null
  none_sees: boolean
  computed_at: string
}

export interface Incident {
  id: number
  number: string
  kind: string
  severity: Severity
  state: IncidentState
  lon: number | null
  lat: number | null
  place_text: string | null
  division: DivisionRef | null
  grid: GridRef | null
  description: string | null
  reported_by: string | { display_name: string } | null
  reported_at: string
  closed_at: string | null
  result: string | null
  version: number
  linked_cameras?: SightCamera[]
}

export interface IncidentKind {
  code: string
  name_zh: string
  name_en: string
  severity: Severity
}

export type IncidentAct = 'handle' | 'close' | 'reject' | 'note'

export interface Transition {
  from_state: IncidentState
  act: IncidentAct
  to_state: IncidentState
  needs_result: boolean
  right: string
}

export interface IncidentKinds {
  kinds: IncidentKind[]
  transitions: Transition[]
  severities: Severity[]
}

export interface TimelineEntry {
  id: number
  at: string
  actor: string | { display_name: string } | null
  act: string
  from_state: IncidentState | null
  to_state: IncidentState | null
  text: string | null
}

export interface Pose {
  sensor_no: number
  azimuth_deg: number | null
  azimuth_error_deg: number | null
  fov_deg: number | null
  fov_assumed: boolean
  range_m: number | null
  range_assumed: boolean
  tilt_deg: number | null
}

export interface CameraStatus {
  alive: boolean | null
  last_frame_at: string | null
  reason: string | null
}

export interface DeviceProfile {
  name: string
  codec: string
  width: number
  height: number
}

export interface Camera {
  id: number
  name: string
  code: string | null
  lon: number
  lat: number
  address: string | null
  managing_unit: string | null
  kind: string | null
  has_ptz: boolean
  division: DivisionRef | null
  grid: GridRef | null
  height_m: number | null
  height_assumed: boolean
  poses: Pose[]
  status: CameraStatus | null
  device: { enrolled: boolean; host_masked: string | null; profiles: DeviceProfile[] } | null
  version: number
}

export interface CameraRow {
  id: number
  name: string
  code?: string | null
  lon: number
  lat: number
  address?: string | null
  managing_unit?: string | null
  kind?: string | null
  has_ptz: boolean
  division?: DivisionRef | null
  status?: CameraStatus | null
  alive?: boolean | null
  last_frame_at?: string | null
  device?: { enrolled: boolean } | null
  enrolled?: boolean
}

export interface Purpose {
  code: string
  name_zh: string
  name_en: string
  needs_incident: boolean
}

export interface StreamTicket {
  stream_id: string
  ticket: string
  url: string
  expires_at: string
  profile: 'sub' | 'main'
}

export interface RejectedRow {
  row: number
  lon: number | null
  lat: number | null
  field: string | null
  reason: string
  code: string
  todo: string | null
}

export interface ImportReport {
  kind: string
  file: string
  encoding: string | null
  crs: string | null
  datum: string | null
  columns: { field: string; column: string; how: string }[]
  dropped_columns: { column: string; reason: string }[]
  counts: { read: number; written: number; refused: number; mended: number; assumed_height: number }
  rejected: RejectedRow[]
  written: boolean
  dry_run: boolean
}

export interface RegisterEntry {
  seq: number
  at: string
  actor: string | { display_name: string } | null
  act: string
  purpose: string | null
  camera_id: number | null
  camera_name: string | null
  incident_id: number | null
  detail: Record<string, unknown> | null
  hash: string
}
