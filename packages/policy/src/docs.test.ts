// The examples of docs/policy.md are run: each question under the objects above it gives the answer below it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { explain, printExplanation } from './explain/explain.ts'
import { flow, snapshotOf } from './testing/yaml.ts'

const path = join(import.meta.dirname, '../../../docs/policy.md')

interface Example {
  readonly title: string
  readonly yaml: string
  readonly questions: readonly { readonly command: string; readonly answer: string }[]
}

const fence = /```(yaml cluster|yaml|console)\n([\s\S]*?)```|^## (.*)$/gm

function questionsOf(text: string): Example['questions'] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...answer] = part.trimEnd().split('\n')
      return { command, answer: answer.join('\n') }
    })
}

function examplesOf(text: string): readonly Example[] {
  const examples: Example[] = []
  let [title, cluster, yaml] = ['', '', '']
  for (const [, kind, body = '', heading] of text.matchAll(fence)) {
    if (heading !== undefined) [title, yaml] = [heading, '']
    else if (kind === 'yaml cluster') cluster = body
    else if (kind === 'yaml') yaml = body
    else examples.push({ title, yaml: yaml ? `${cluster}\n---\n${yaml}` : cluster, questions: questionsOf(body) })
  }
  return examples
}

function answer(command: string, yaml: string): string {
  const words = /^margay policy explain --policies \. (--pending )?--from (\S+) --to (\S+):(\d+)$/.exec(command)
  if (!words) throw new Error(`a command that this test does not know: ${command}`)
  const [, pending, from = '', to = '', port] = words
  const snapshot = snapshotOf(yaml)
  return printExplanation(explain(flow(from, to, `tcp/${port}`), snapshot, pending ? 'pending' : 'enforced'))
}

describe('docs/policy.md', () => {
  const examples = examplesOf(readFileSync(path, 'utf8'))
  it('has an example for each kind', () => {
    expect(examples.length).toBeGreaterThanOrEqual(10)
    expect(examples.flatMap((example) => example.questions).length).toBeGreaterThanOrEqual(20)
  })

  it.each(
    examples.flatMap(({ title, yaml, questions }) => questions.map((question) => ({ title, yaml, ...question }))),
  )('$title: $command', (example) => expect(answer(example.command, example.yaml)).toBe(example.answer))
})
