import { onBeforeUnmount, reactive, ref } from 'vue'
import type { RecordedPlayer } from './recordedPlayer'
import { clamp, nextStart, type Span } from './spans'
import { StepClock } from './stepClock'
import { mayHave, useCameraRecordings, type StageCamera } from './useCameraRecordings'

const beat_ms = 60
/** A picture that does not come in this time no longer keeps the others waiting. */
const patience_ms = 8000

/** Several recordings under one clock, and the beat that keeps them in step. */
export function useReplayStage(cameras: readonly StageCamera[], first: Span, start_ms: number) {
  const range = ref<Span>(first)
  const recordings = useCameraRecordings(cameras, range)
  const players = new Map<number, RecordedPlayer>()
  const clock = new StepClock(start_ms)
  const state = { at_ms: ref(start_ms), isPlaying: ref(false), speed: ref(1), isAwaiting: ref(false) }
  const { at_ms, isPlaying, isAwaiting } = state
  let missing_ms = 0

  function jump(to_ms: number): void {
    clock.move(clamp(to_ms, range.value))
    at_ms.value = clock.now_ms()
    players.forEach((player) => player.jump())
  }

  function setPlaying(wanted: boolean): void {
    isPlaying.value = wanted
    if (wanted) clock.play()
    else clock.pause()
    players.forEach((player) => player.tell())
  }

  function setSpeed(wanted: number): void {
    state.speed.value = wanted
    clock.pace(wanted)
    players.forEach((player) => player.tell())
  }

  function step(by: 1 | -1): void {
    setPlaying(false)
    jump(players.get(recordings.focused.value ?? -1)?.neighbour(by) ?? clock.now_ms() + by * 40)
  }

  /** Where none of the shown cameras has anything, the clock goes on where the first of them has. */
  function passGap(): void {
    const known = recordings.shownRows.value
    if (known.length === 0 || known.some((row) => row.isAsking || mayHave(row, at_ms.value))) return
    const starts = known.map((row) => nextStart(row.spans, at_ms.value)).filter((start) => start !== null)
    if (starts.length > 0) jump(Math.min(...starts))
    else setPlaying(false)
  }

  function beat(): void {
    at_ms.value = clock.now_ms()
    if (at_ms.value >= range.value.to_ms) {
      // The last picture stays: the end itself belongs to no span.
      clock.move(range.value.to_ms - 1)
      if (isPlaying.value) setPlaying(false)
    }
    if (isPlaying.value) passGap()
    const moves = clock.isPlaying && !isAwaiting.value
    const ready = recordings.shownRows.value.map((row) => players.get(row.camera.camera_id)?.follow(mayHave(row, at_ms.value), moves) ?? true)
    missing_ms = ready.every(Boolean) ? 0 : missing_ms + beat_ms
    isAwaiting.value = missing_ms > 0 && missing_ms < patience_ms
    clock.hold(isAwaiting.value)
  }

  const beating = window.setInterval(beat, beat_ms)
  onBeforeUnmount(() => window.clearInterval(beating))

  function setRange(next: Span): void {
    range.value = next
    jump(clock.now_ms())
    recordings.load()
  }

  const toggleSound = () => players.get(recordings.focused.value ?? -1)?.sound.toggle()
  const seat = (cameraId: number, player: RecordedPlayer) => players.set(cameraId, player)
  const leave = (cameraId: number) => players.delete(cameraId)

  return reactive({ range, ...recordings, ...state, jump, setPlaying, setSpeed, setRange, step, toggleSound, seat, leave, clock: () => clock })
}

export type ReplayStage = ReturnType<typeof useReplayStage>
