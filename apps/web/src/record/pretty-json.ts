// JSON for reading: two spaces a level, integers of 64 bits with all their digits.
import { printJsonExact } from '@margay/model'

export function prettyJson(value: unknown, indent = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.every((element) => typeof element !== 'object' || element === null))
      return `[${value.map((element) => prettyJson(element)).join(', ')}]`
    return `[\n${value.map((element) => inner + prettyJson(element, inner)).join(',\n')}\n${indent}]`
  }
  if (typeof value !== 'object' || value === null) return printJsonExact(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  const lines = members.map(([name, member]) => `${inner}${JSON.stringify(name)}: ${prettyJson(member, inner)}`)
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`
}
