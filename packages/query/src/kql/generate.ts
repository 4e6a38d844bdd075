// Turns the grammar into the parser tables. Pure: the test compares its output with the committed files, and
// `scripts/generate-kql.ts` writes them.
import { buildParserFile } from '@lezer/generator'

/** The two generated files by name, from the text of kql.grammar. Throws a GenError that names the line. */
export function generateParser(grammar: string): { readonly [fileName: string]: string } {
  const { parser, terms } = buildParserFile(grammar, {
    fileName: 'kql.grammar',
    moduleStyle: 'es',
    typeScript: true,
    warn: (message) => {
      throw new Error(`kql.grammar: ${message}`)
    },
  })
  return { 'parser.generated.ts': parser, 'terms.generated.ts': terms }
}
