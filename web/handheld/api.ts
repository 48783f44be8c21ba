import { ApiError, call, caller, fetchRaw, address } from '@/api/client'
import type { Session } from '@/api/types'
import type { FixesPost } from './queue/fixes'
import type { Fault } from './queue/records'
import type { Heard } from './queue/sending'
import type { Post } from './queue/requests'
import type { Today, Track } from './types'

export const fetchSession = () => call<Session>('/session')
export const openSession = (username: string, password: string) => call<Session>('/session', { method: 'POST', body: { username, password } })
export const closeSession = () => call<undefined>('/session', { method: 'DELETE' })
export const fetchToday = () => call<Today>('/handheld/today')
export const fetchTrack = () => call<Track>('/handheld/track')

/** A stalled radio link neither answers nor fails; after this long it counts as no network. */
const patience_ms = 60_000

function faultOf(error: ApiError): Fault {
  const { state } = error.detail
  return { status: error.status, code: error.code, message: error.message, stateNow: typeof state === 'string' ? state : undefined }
}

async function heard(response: Promise<Response>): Promise<Heard> {
  try {
    const answered = await response
    const answer = (await answered.json().catch(() => null)) as Record<string, unknown> | null
    return { status: answered.status, answer, fault: null }
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, answer: null, fault: faultOf(error) }
    return { status: 0, answer: null, fault: { status: 0, code: 'network.unreachable', message: caller.unreachable } }
  }
}

export function post(request: Post): Promise<Heard> {
  const headers = { 'Idempotency-Key': request.key, 'Content-Type': request.mediaType }
  const signal = AbortSignal.timeout(patience_ms)
  if (!(request.body instanceof ArrayBuffer)) {
    return heard(fetchRaw(request.path, { method: 'POST', query: request.query, body: request.body, headers, signal }))
  }
  return heard(sendBytes(request, headers, signal))
}

async function sendBytes(request: Post, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const all = { 'Accept-Language': caller.language, ...headers, ...(caller.csrfToken ? { 'X-CSRF-Token': caller.csrfToken } : {}) }
  const response = await fetch(address(request.path, request.query), {
    method: 'POST',
    headers: all,
    body: request.body as ArrayBuffer,
    signal,
    credentials: 'same-origin',
  })
  if (response.ok) return response
  const said = (await response.json().catch(() => null)) as { error?: { code?: string; message?: string } } | null
  throw new ApiError(response.status, said?.error?.code ?? 'http', said?.error?.message ?? String(response.status))
}

export const postFixes = (body: FixesPost) =>
  heard(fetchRaw('/patrol/fixes', { method: 'POST', body, signal: AbortSignal.timeout(patience_ms) }))

export async function fetchPhotograph(id: number): Promise<string> {
  const response = await fetchRaw(`/photographs/${id}`)
  return URL.createObjectURL(await response.blob())
}
