import { expect, it } from 'vitest'
import { latestOf } from './latest'

function asked() {
  const open: { question: number; answer: (value: string) => void; fail: (error: Error) => void }[] = []
  const answers: string[] = []
  const faults: unknown[] = []
  const latest = latestOf<number, string>({
    run: (question) => new Promise((answer, fail) => open.push({ question, answer, fail })),
    onAnswer: (answer) => answers.push(answer),
    onFault: (error) => faults.push(error),
  })
  return { open, answers, faults, latest }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

it('asks one at a time, and of those that wait only the latest', async () => {
  const { open, answers, latest } = asked()
  for (const question of [1, 2, 3, 4]) latest.ask(question)
  expect(open.map(({ question }) => question)).toEqual([1])
  open[0]!.answer('one')
  await settled()
  expect(open.map(({ question }) => question)).toEqual([1, 4])
  open[1]!.answer('four')
  await settled()
  expect(answers).toEqual(['one', 'four'])
})

it('goes on after a failure', async () => {
  const { open, answers, faults, latest } = asked()
  latest.ask(1)
  latest.ask(2)
  open[0]!.fail(new Error('refused'))
  await settled()
  open[1]!.answer('two')
  await settled()
  expect(faults).toHaveLength(1)
  expect(answers).toEqual(['two'])
})

it('delivers nothing once dropped, and can be asked again', async () => {
  const { open, answers, latest } = asked()
  latest.ask(1)
  latest.drop()
  open[0]!.answer('late')
  await settled()
  latest.ask(2)
  open[1]!.answer('new')
  await settled()
  expect(answers).toEqual(['new'])
})
