// The process: standard streams, signals, the exit code.
import { runCli } from './program.ts'

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())
// A reader that has seen enough (`| head`) closes the pipe; that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const out = (text: string) =>
  new Promise<void>((resolve) => {
    if (process.stdout.write(text)) resolve()
    else process.stdout.once('drain', resolve)
  })

process.exitCode = await runCli(process.argv.slice(2), {
  output: {
    out,
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
  },
  now: () => new Date(),
  signal: stop.signal,
  env: process.env,
})
