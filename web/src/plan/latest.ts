/** A question asked many times a second, as while dragging: one is under way, and of those that wait only the latest is asked. */
export interface Latest<Q> {
  ask: (question: Q) => void
  /** Nobody wants the answers any more; one under way is not delivered. */
  drop: () => void
}

export interface LatestSink<Q, A> {
  run: (question: Q) => Promise<A>
  onAnswer: (answer: A, question: Q) => void
  onFault: (error: unknown, question: Q) => void
  onIdle?: () => void
}

export function latestOf<Q, A>({ run, onAnswer, onFault, onIdle }: LatestSink<Q, A>): Latest<Q> {
  let isUnderWay = false
  let waiting: { question: Q } | null = null
  let round = 0

  async function go(question: Q): Promise<void> {
    isUnderWay = true
    const mine = round
    try {
      const answer = await run(question)
      if (mine === round) onAnswer(answer, question)
    } catch (error) {
      if (mine === round) onFault(error, question)
    }
    isUnderWay = false
    const next = waiting
    waiting = null
    if (next) void go(next.question)
    else onIdle?.()
  }

  return {
    ask(question) {
      if (isUnderWay) waiting = { question }
      else void go(question)
    },
    drop() {
      round += 1
      waiting = null
    },
  }
}
