// What the lines mean: colour, dash and mark together, since colour alone says nothing to many people.
import type { EdgeMeasure } from '@margay/graph'
import { measureWords } from './Toolbar.tsx'
import css from './Graph.module.css'

export function Legend({ measure }: { readonly measure: EdgeMeasure }) {
  return (
    <div className={css.legend}>
      <span>
        <Line name="allow" /> allowed
      </span>
      <span>
        <Line name="deny" crossAt={9} /> denied at source
      </span>
      <span>
        <Line name="dest" crossAt={25} /> denied at destination
      </span>
      <span>
        <Line name="warn" /> mixed, share in the label
      </span>
      <span>width: log {measureWords[measure]}</span>
    </div>
  )
}

function Line({ name, crossAt }: { readonly name: 'allow' | 'deny' | 'dest' | 'warn'; readonly crossAt?: number }) {
  const dashed = crossAt !== undefined
  return (
    <svg className={css[name]} width="34" height="10" aria-hidden="true">
      <path d="M2 5h30" strokeWidth={dashed ? 2 : 3} strokeDasharray={dashed ? '5 4' : undefined} />
      {dashed && (
        <>
          <circle cx={crossAt} cy="5" r="4.5" />
          <path className={css.cross} d={`M${crossAt - 1.8} 3.2l3.6 3.6m0-3.6l-3.6 3.6`} />
        </>
      )}
    </svg>
  )
}
