// How a part declares its options: a zod object whose members each carry one sentence. The sentence, the default and the
// name in environment and command line are read from it, so that the reference page and `--help` are never written by hand.
import { z } from 'zod'

export interface OptionMeta {
  readonly description: string
  /** Printed as [REDACTED]. */
  readonly secret?: boolean
}

/** An option with its sentence: `option(z.int().default(8585), 'Port of the console and the API.')`. */
export function option<S extends z.ZodType>(schema: S, doc: string, extra: { readonly secret?: boolean } = {}): S {
  return schema.meta({ description: doc, ...extra })
}

export interface OptionInfo {
  /** Members from the outside in: `['ship', 'maxBytes']`. */
  readonly path: readonly string[]
  readonly env: string
  readonly flag: string
  readonly doc: string
  readonly secret: boolean
  readonly form: 'text' | 'number' | 'flag' | 'list'
  /** Undefined where the option has no default and must be given or may be absent. */
  readonly defaultValue: unknown
}

const words = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const wrappers = [z.ZodDefault, z.ZodOptional, z.ZodNullable, z.ZodPrefault] as const

/** The schema inside defaults and optionals. */
function inner(schema: z.ZodType): z.ZodType {
  const wrapped = wrappers.some((kind) => schema instanceof kind)
  if (wrapped) return inner((schema as z.ZodOptional<z.ZodType>).unwrap())
  return schema instanceof z.ZodPipe ? inner(schema.in as z.ZodType) : schema
}

function formOf(schema: z.ZodType): OptionInfo['form'] {
  const base = inner(schema)
  if (base instanceof z.ZodNumber) return 'number'
  if (base instanceof z.ZodBoolean) return 'flag'
  return base instanceof z.ZodArray ? 'list' : 'text'
}

function infoOf(path: readonly string[], schema: z.ZodType): OptionInfo {
  const meta = schema.meta() as Partial<OptionMeta> | undefined
  if (!meta?.description) throw new Error(`BUG: option ${path.join('.')} has no sentence; declare it with option()`)
  const name = path.map(words).join('-')
  const absent = schema.safeParse(undefined)
  return {
    path,
    env: `MARGAY_${name.replace(/-/g, '_').toUpperCase()}`,
    flag: `--${name}`,
    doc: meta.description,
    secret: meta.secret === true,
    form: formOf(schema),
    defaultValue: absent.success ? absent.data : undefined,
  }
}

/** All options of a config, sections opened, in the order of their declaration. */
export function optionsOf(schema: z.ZodObject, path: readonly string[] = []): OptionInfo[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, member]) => {
    const section = inner(member)
    const here = [...path, name]
    return section instanceof z.ZodObject ? optionsOf(section, here) : [infoOf(here, member)]
  })
}
