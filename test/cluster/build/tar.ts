// Writes tar archives (POSIX ustar), which is what image layers and image archives are made of. Nothing in them depends on the
// machine or the moment: owner root, time zero, so that equal content has an equal digest.

export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }

const blockBytes = 512
const typeFlags = { file: '0', link: '2', folder: '5' } as const

/** Offset and length of the header's fields that are not zero. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  owner: [108, 8],
  group: [116, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 8],
} as const

/** Octal digits, filled up with zeros and ended by a zero byte. */
const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`

function header(entry: Entry): Uint8Array {
  const block = Buffer.alloc(blockBytes)
  const put = (field: keyof typeof fields, text: string) => {
    const [offset, length] = fields[field]
    if (Buffer.byteLength(text) > length) throw new Error(`BUG: ${field} "${text}" is longer than ${length} bytes in a tar`)
    block.write(text, offset)
  }
  const putNumber = (field: keyof typeof fields, value: number) => put(field, octal(value, fields[field][1]))
  put('name', entry.kind === 'folder' ? `${entry.path}/` : entry.path)
  putNumber('mode', entry.kind === 'link' ? 0o777 : entry.mode)
  putNumber('owner', 0)
  putNumber('group', 0)
  putNumber('size', entry.kind === 'file' ? entry.content.length : 0)
  putNumber('time', 0)
  put('type', typeFlags[entry.kind])
  if (entry.kind === 'link') put('target', entry.target)
  put('magic', 'ustar\x0000')
  // The sum is taken over the header with blanks in the place of the sum.
  put('sum', ' '.repeat(8))
  put('sum', `${octal(block.reduce((sum, byte) => sum + byte, 0), 7)} `)
  return block
}

const padding = (length: number) => new Uint8Array((blockBytes - (length % blockBytes)) % blockBytes)

/** The archive of some entries, in their order; a folder must stand before what is in it. */
export function tar(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((entry) =>
    entry.kind === 'file' ? [header(entry), entry.content, padding(entry.content.length)] : [header(entry)],
  )
  return Buffer.concat([...parts, new Uint8Array(2 * blockBytes)])
}
