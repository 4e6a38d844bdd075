import { expect, it } from 'vitest'
import { aggregatedName } from './objects.ts'
import type { Pod } from './objects.ts'

const podOf = (generateName: string) => ({ metadata: { name: `${generateName}x7k2p`, generateName } }) as unknown as Pod

it.each([
  ['web-7d9f8b6c54-', 'web-7d9f8b6c54-*'],
  ['rate-sync-29927509-', 'rate-sync-*'],
  ['migrate-3-', 'migrate-3-*'],
])('a pod that is generated as %s is of %s: runs of a cron job are one', (generateName, name) =>
  expect(aggregatedName(podOf(generateName))).toBe(name),
)
