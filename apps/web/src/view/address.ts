// The address: how the query string of a URL is written and read. Every value is a text or, where a name repeats, a list
// of texts; what the texts mean is said in view.ts. Names keep their order, so that equal views have equal addresses.

export type Search = { readonly [name: string]: string | readonly string[] | undefined }

/** The query string with its `?`, or nothing. */
export function printSearch(search: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    for (const text of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof text === 'string' && text !== '') params.append(name, text)
    }
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

export function parseSearch(text: string): Search {
  const params = new URLSearchParams(text)
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

export const oneOf = (value: Search[string]): string | undefined => (typeof value === 'object' ? value[0] : value)

export const allOf = (value: Search[string]): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value
