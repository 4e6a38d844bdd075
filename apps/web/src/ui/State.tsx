// The state of a part of the product: word and shape, and a tone that says nothing more.
import { Chip, type Tone } from './Chip.tsx'

export type PartState = 'ready' | 'starting' | 'degraded' | 'failed' | 'off'

const looks: { readonly [K in PartState]: readonly [sign: string, tone: Tone] } = {
  ready: ['●', 'allow'],
  starting: ['◌', 'plain'],
  degraded: ['▲', 'warn'],
  failed: ['✕', 'deny'],
  off: ['○', 'plain'],
}

export function State({ state }: { readonly state: PartState }) {
  const [sign, tone] = looks[state]
  return (
    <Chip tone={tone}>
      <span aria-hidden="true">{sign}</span> {state}
    </Chip>
  )
}
