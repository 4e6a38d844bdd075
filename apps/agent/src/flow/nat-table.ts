// Translations that conntrack made, by the tuple as the client's socket has it: where a dialled service address really
// led. Bounded: the oldest goes first.

export interface Translation {
  /** 16 bytes of the address that answers, and its port. */
  readonly address: Buffer
  readonly port: number
}

export interface NatTable {
  note(key: string, to: Translation): void
  find(key: string): Translation | undefined
  readonly size: number
}

const maxTranslations = 65_536

export function createNatTable(): NatTable {
  const table = new Map<string, Translation>()
  return {
    get size() {
      return table.size
    },
    note(key, to) {
      table.delete(key)
      if (table.size >= maxTranslations) table.delete(table.keys().next().value!)
      table.set(key, to)
    },
    find: (key) => table.get(key),
  }
}
