// What each agent's series numbers mean: the definitions of its epochs, as frames brought them. Bounded; an epoch that was
// forgotten is asked for again.
import { setNewest } from '@margay/kit'
import type { Row } from '@margay/model'
import type { Frame } from '@margay/wire'
import { rowAt } from '@margay/wire'
import { placeRefusal } from '../evidence/index.ts'
import type { StandingPlaces } from '../judge/standing.ts'
import { createStandingPlaces } from '../judge/standing.ts'
import type { HandlePlaces } from '../series/handles.ts'

/** An agent's series, and the handles of what it was named as; those of rows that are only shown are apart. */
export interface Definition {
  readonly logType: string
  readonly dimensions: Row
  readonly stored: HandlePlaces
  readonly shown: HandlePlaces
  /** How its rows were judged. */
  readonly standings: StandingPlaces
}

export interface Epoch {
  readonly definitions: Map<number, Definition>
  /** The sequence that comes next. */
  next: number
}

export interface Epochs {
  /**
   * Takes a frame's definitions. Undefined where frames before it are missing: the agent must send the epoch again.
   * A frame that came before changes nothing.
   */
  define(frame: Frame): Epoch | undefined
  /** A frame of the epoch that can never be read is passed over. */
  pass(agent: string, epoch: string, sequence: number): void
}

/** Two living epochs for each of a thousand agents. */
const maxEpochs = 2048

export function createEpochs(): Epochs {
  const epochs = new Map<string, Epoch>()
  const epochOf = (agent: string, name: string): Epoch => {
    const key = `${agent} ${name}`
    return setNewest(epochs, key, epochs.get(key) ?? { definitions: new Map(), next: 0 }, maxEpochs)
  }
  return {
    define(frame) {
      const epoch = epochOf(frame.agent, frame.epoch)
      if (frame.sequence > epoch.next) return undefined
      if (frame.sequence < epoch.next) return epoch
      const { numbers, columns } = frame.defined
      numbers.forEach((number, at) =>
        epoch.definitions.set(number, {
          logType: frame.logType,
          dimensions: placeRefusal(rowAt(columns, at)),
          stored: new Map(),
          shown: new Map(),
          standings: createStandingPlaces(),
        }),
      )
      epoch.next++
      return epoch
    },
    pass(agent, name, sequence) {
      const epoch = epochOf(agent, name)
      if (sequence === epoch.next) epoch.next++
    },
  }
}
