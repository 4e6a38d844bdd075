// Who decided, in a court of pods made for it: by API, by command line, and in a browser as people see it.
import { afterAll, beforeAll, describe } from 'vitest'
import { consoleOnCourt } from '../console/console.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'
import { openCourt, type Court } from './court.ts'
import { decisions } from './decisions.ts'
import { domains } from './domains.ts'
import type { Session } from './session.ts'
import { unknownPeer } from './unknown-peer.ts'
import { unused } from './unused.ts'

export function courtSuite(stand: Stand): void {
  describe('court', () => {
    let court: Court | undefined
    beforeAll(async () => {
      court = await openCourt(stand)
    }, startMs)
    afterAll(() => court?.close())

    const session: Session = {
      get cluster() {
        return stand.cluster
      },
      get product() {
        return stand.product
      },
      get memory() {
        return stand.memory
      },
      get court() {
        return court!
      },
    }
    decisions(session)
    domains(session)
    unused(session)
    unknownPeer(session)
    consoleOnCourt(session)
  })
}
