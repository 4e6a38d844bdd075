/** The command line `margay`. */
export { runCli } from './program.ts'
