// Reading /api/events by fetch rather than EventSource: heartbeats are comments, which EventSource hides,
// and without them a dead link looks exactly like a quiet night.

export interface ServerEvent {
  event: string
  data: string
}

export interface Parsed {
  events: ServerEvent[]
  rest: string
}

/** Complete events in the text so far, and the unfinished tail to put before the next chunk. Comments are dropped. */
export function parseEvents(text: string): Parsed {
  const blocks = text.replace(/\r\n?/g, '\n').split('\n\n')
  const rest = blocks.pop() ?? ''
  const events: ServerEvent[] = []
  for (const block of blocks) {
    let event = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      if (line.startsWith('event:')) event = line.slice(6).trim()
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
    }
    if (data.length > 0 || event !== 'message') events.push({ event, data: data.join('\n') })
  }
  return { events, rest }
}

export interface EventSink {
  onContact: () => void
  onEvent: (event: ServerEvent) => void
}

/** Reads until the stream ends or the signal aborts; throws when the link fails. */
export async function readEvents(sink: EventSink, signal: AbortSignal): Promise<void> {
  const response = await fetch('/api/events', {
    headers: { Accept: 'text/event-stream' },
    credentials: 'same-origin',
    signal,
  })
  if (!response.ok || !response.body) throw new Error(`events refused with ${response.status}`)
  sink.onContact()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    sink.onContact()
    const parsed = parseEvents(text + value)
    text = parsed.rest
    parsed.events.forEach(sink.onEvent)
  }
}
