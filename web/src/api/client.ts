// One door to the server: JSON in, JSON out, every refusal as an ApiError carrying the server's own words.

export interface FieldFault {
  field: string
  message: string
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: FieldFault[] = [],
    readonly detail: Record<string, unknown> = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }

  get isSignedOut(): boolean {
    return this.status === 401
  }
}

interface Caller {
  csrfToken: string | null
  language: string
  unreachable: string
  onSignedOut: () => void
}

/** What every call carries; the session store and the locale fill it in. */
export const caller: Caller = {
  csrfToken: null,
  language: 'zh-CN',
  unreachable: '',
  onSignedOut: () => undefined,
}

export interface CallOptions {
  method?: string
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  form?: FormData
  headers?: Record<string, string>
  signal?: AbortSignal
}

export function address(path: string, query: CallOptions['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  }
  const tail = search.toString()
  return `/api${path}${tail ? `?${tail}` : ''}`
}

function requestOf(options: CallOptions): RequestInit {
  const method = options.method ?? 'GET'
  const headers: Record<string, string> = { 'Accept-Language': caller.language, ...options.headers }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET' && caller.csrfToken) headers['X-CSRF-Token'] = caller.csrfToken
  const body = options.form ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  return { method, headers, body, signal: options.signal, credentials: 'same-origin' }
}

async function refusalOf(response: Response): Promise<ApiError> {
  const answer = (await response.json().catch(() => null)) as {
    error?: { code?: string; message?: string; fields?: FieldFault[]; detail?: Record<string, unknown> }
  } | null
  const error = answer?.error
  const words = error?.message ?? `${response.status} ${response.statusText}`
  return new ApiError(response.status, error?.code ?? 'http', words, error?.fields ?? [], error?.detail ?? {})
}

export async function fetchRaw(path: string, options: CallOptions = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(address(path, options.query), requestOf(options))
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'network.unreachable', caller.unreachable)
  }
  if (response.ok) return response
  const refusal = await refusalOf(response)
  if (refusal.isSignedOut && path !== '/session') caller.onSignedOut()
  throw refusal
}

export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await fetchRaw(path, options)
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}
