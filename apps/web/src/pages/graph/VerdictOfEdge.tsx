// The verdict chip of an edge, everywhere the same words and tones.
import type { Edge, EdgeVerdict } from '@margay/graph'
import { formatShare } from '../../format/number.ts'
import { Chip, type Tone } from '../../ui/Chip.tsx'

const tones: { readonly [V in EdgeVerdict]: Tone } = {
  allowed: 'allow',
  denied_at_source: 'deny',
  denied_at_destination: 'dest',
  mixed: 'warn',
}

export function VerdictOfEdge({ edge, long = false }: { readonly edge: Edge; readonly long?: boolean }) {
  return <Chip tone={tones[edge.verdict]}>{wordsOf(edge, long)}</Chip>
}

/** The words of the chip. */
export function wordsOf({ verdict, deniedShare }: Edge, long = false): string {
  switch (verdict) {
    case 'allowed':
      return long ? 'allowed' : 'allow'
    case 'denied_at_source':
      return long ? '✕ denied at source' : '✕ source'
    case 'denied_at_destination':
      return long ? '✕ denied at destination' : '✕ destination'
    case 'mixed':
      return `mixed ${formatShare(deniedShare)}`
  }
}
