// A picture from the outer gateway: WebRTC by WHEP, one request with the ticket, then media alone.

/** A gateway that has not answered or brought a picture by then will not. */
const patience_ms = 10_000

export interface WhepEvents {
  onFrame: (at_ms: number, time_s: number) => void
  onLive: () => void
  /** `isRefused`: the ticket was not taken; otherwise the connection ended. */
  onEnd: (isRefused: boolean) => void
}

export class Whep {
  private readonly peer = new RTCPeerConnection()
  private readonly aborting = new AbortController()
  private session: string | null = null
  private patience = 0
  private isClosed = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    private readonly events: WhepEvents,
  ) {}

  async open(ticket: string): Promise<void> {
    const { peer } = this
    peer.addTransceiver('video', { direction: 'recvonly' })
    peer.addTransceiver('audio', { direction: 'recvonly' })
    peer.ontrack = ({ streams }) => (this.video.srcObject = streams[0] ?? null)
    peer.onconnectionstatechange = () => ['failed', 'closed', 'disconnected'].includes(peer.connectionState) && this.end(false)
    this.patience = window.setTimeout(() => this.end(false), patience_ms)
    this.watchFrames()
    try {
      await peer.setLocalDescription(await peer.createOffer())
      const answer = await fetch(this.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${ticket}` },
        body: peer.localDescription?.sdp ?? '',
        credentials: 'omit',
        signal: this.aborting.signal,
      })
      if (!answer.ok) return this.end(answer.status === 401 || answer.status === 403)
      const place = answer.headers.get('Location')
      this.session = place ? new URL(place, new URL(this.url, window.location.href)).href : null
      await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
      void this.video.play().catch(() => undefined)
    } catch {
      this.end(false)
    }
  }

  /** Bytes of pictures so far. */
  async bytes(): Promise<number> {
    let sum = 0
    const stats = await this.peer.getStats()
    stats.forEach((one: RTCInboundRtpStreamStats) => {
      if (one.type === 'inbound-rtp') sum += one.bytesReceived ?? 0
    })
    return sum
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    window.clearTimeout(this.patience)
    this.aborting.abort()
    this.peer.close()
    this.video.srcObject = null
    // It ends by itself when the connection does; this only spares the wait.
    if (this.session) void fetch(this.session, { method: 'DELETE', credentials: 'omit', keepalive: true }).catch(() => undefined)
  }

  private end(isRefused: boolean): void {
    if (this.isClosed) return
    this.close()
    this.events.onEnd(isRefused)
  }

  private watchFrames(): void {
    let isFirst = true
    const look = (at_ms: number, { mediaTime }: VideoFrameCallbackMetadata) => {
      if (this.isClosed) return
      if (isFirst) {
        window.clearTimeout(this.patience)
        this.events.onLive()
      }
      isFirst = false
      this.events.onFrame(at_ms, mediaTime)
      this.video.requestVideoFrameCallback(look)
    }
    this.video.requestVideoFrameCallback(look)
  }
}
