// Colours by meaning, so that no other file names one. What a colour says is always said by a word or a sign as well.
import colors from 'picocolors'

export type ColorChoice = 'auto' | 'always' | 'never'

export interface Paint {
  readonly allow: (text: string) => string
  readonly deny: (text: string) => string
  readonly denyDest: (text: string) => string
  readonly warn: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

/** `auto` follows the terminal, NO_COLOR and FORCE_COLOR. */
export function createPaint(choice: ColorChoice): Paint {
  const on = choice === 'auto' ? colors.isColorSupported : choice === 'always'
  const { cyan, red, magenta, yellow, dim, bold } = colors.createColors(on)
  return { allow: cyan, deny: red, denyDest: magenta, warn: yellow, faint: dim, strong: bold }
}
