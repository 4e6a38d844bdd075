// Writes the parser that Lezer makes of packages/query/src/kql/kql.grammar. Run it after each change of the grammar; a test
// fails while the committed files are not what it would write.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateParser } from '../packages/query/src/kql/generate.ts'

const folder = join(import.meta.dirname, '../packages/query/src/kql')
for (const [name, text] of Object.entries(generateParser(readFileSync(join(folder, 'kql.grammar'), 'utf8')))) {
  writeFileSync(join(folder, name), text)
}
