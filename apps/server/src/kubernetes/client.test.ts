import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from './client.ts'

/** Long enough for a busy machine to say its first line. */
const silentMs = 1000

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A client of a server that answers every watch like this. */
async function clientOf(answer: (response: ServerResponse) => void) {
  server = createServer((_, response) => answer(response))
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const current = async () => ({ server: `http://127.0.0.1:${port}`, tls: {}, authorization: undefined })
  return createClient({ current, refused: () => {} })
}

async function read(answer: (response: ServerResponse) => void) {
  const client = await clientOf(answer)
  const events: string[] = []
  const on = { open: () => events.push('open'), silence: () => events.push('silence') }
  const never = new AbortController().signal
  for await (const line of client.lines('/watch', never, silentMs, on)) events.push(line)
  return events
}

describe('a stream of lines', () => {
  it('that falls silent ends, and says that it did', async () => {
    expect(await read((response) => response.write('{"a":1}\n'))).toEqual(['open', '{"a":1}', 'silence'])
  })
  it('that the server ends has ended, and was not silent', async () => {
    expect(await read((response) => response.end('{"a":1}\n'))).toEqual(['open', '{"a":1}'])
  })
  it('that is cut off fails', async () => {
    const cutOff = (response: ServerResponse) => {
      response.write('{"a":1}\n')
      setImmediate(() => response.destroy())
    }
    await expect(read(cutOff)).rejects.toThrow()
  })
})
