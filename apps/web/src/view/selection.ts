// What the side panel shows. A selection is a kind and an id that the page of that kind can find again after a reload.

export interface Selection {
  /** `row`, `vertex`, `edge`, …: the page that knows the kind draws it. */
  readonly kind: string
  readonly id: string
}

/** `kind:id`, as it stands in the address. */
export const printSelection = ({ kind, id }: Selection): string => `${kind}:${id}`

export function parseSelection(text: string): Selection | undefined {
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { kind: text.slice(0, colon), id: text.slice(colon + 1) }
}

export const sameSelection = (a: Selection | undefined, b: Selection | undefined): boolean =>
  a?.kind === b?.kind && a?.id === b?.id
