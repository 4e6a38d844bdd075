// The first code that runs. The server's content policy forbids code made from text, which zod tries as soon as a schema
// is made; so that is switched off before any module that makes one is loaded.
import { config } from 'zod'

config({ jitless: true })
void import('./start.tsx')
