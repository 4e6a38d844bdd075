// The world outside the cluster: names and the addresses they resolve to. All addresses are from the blocks that RFC 5737
// and RFC 3849 set aside for examples, so the demo names nobody's machine.
import type { Random } from './random.ts'

export interface Site {
  readonly name: string
  readonly addresses: readonly string[]
}

export const sites: readonly Site[] = [
  { name: 'api.stripe.com', addresses: ['203.0.113.20', '203.0.113.21', '2001:db8:20::5'] },
  { name: 'www.ecb.europa.eu', addresses: ['203.0.113.40'] },
  { name: 'smtp.sendgrid.net', addresses: ['203.0.113.60', '203.0.113.61'] },
  { name: 'packages.example.org', addresses: ['203.0.113.80'] },
  { name: 'drop.files.example', addresses: ['203.0.113.166'] },
]

/** The cloud's metadata service: no name leads there. */
export const metadataSite: Site = { name: '', addresses: ['169.254.169.254'] }

export function siteOf(name: string): Site {
  if (name === metadataSite.name) return metadataSite
  const found = sites.find((site) => site.name === name)
  if (!found) throw new Error(`BUG: no site ${name} in the story`)
  return found
}

/** A visitor's address. Few visitors come often, many come once: the square of a uniform draw. */
export function visitor(random: Random): string {
  const index = Math.floor(random() ** 2 * 480)
  if (index % 12 === 11) return `2001:db8:${(index * 7).toString(16)}::${(index + 1).toString(16)}`
  return index < 240 ? `198.51.100.${index + 1}` : `192.0.2.${index - 239}`
}
