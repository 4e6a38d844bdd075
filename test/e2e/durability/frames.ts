// A hand-held agent: makes pieces and sends them as often as a test wants.
import { request } from 'node:http'
import { zstdCompressSync } from 'node:zlib'
import { flowLog } from '@margay/model'
import type { Row } from '@margay/model'
import type { FrameResult, FramesAnswer } from '@margay/wire'
import { agentHeader, createFrameBuilder, framesPath, instanceHeader, joinPieces, pieceHead } from '@margay/wire'

const agent = 'node-1'

export interface PieceOf {
  readonly epoch: string
  readonly sequence: number
  readonly rows: readonly Row[]
  readonly provisional?: boolean
}

/** A piece that defines series 0 in its first frame and holds these rows of it. */
export function makePiece({ epoch, sequence, rows, provisional = false }: PieceOf): Uint8Array {
  const builder = createFrameBuilder(flowLog)
  if (sequence === 0) builder.define(0, { reporter: 'src', proto: 'tcp', action: 'allow', dest_port: 443 })
  for (const row of rows) builder.add(0, row)
  const name = { epoch, sequence }
  const frame = builder.take({ agent, ...name, provisional, madeAt: Math.floor(Date.now() / 1000) }, [])
  return Buffer.concat([pieceHead(name), zstdCompressSync(frame)])
}

export function flowRow(number: number): Row {
  const now = Math.floor(Date.now() / 1000)
  return {
    start_time: now - 10,
    end_time: now,
    source_ip: `fd00::${number.toString(16)}`,
    dest_ip: '198.51.100.7',
    bytes_in: 100,
    num_flows: 1,
  }
}

export function sendPieces(socketPath: string, pieces: readonly Uint8Array[]): Promise<readonly FrameResult[]> {
  const body = joinPieces(pieces)
  const headers = { [agentHeader]: agent, [instanceHeader]: 'test', 'content-length': String(body.length) }
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: framesPath, method: 'POST', headers }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString()
        if (answer.statusCode === 200) resolve((JSON.parse(text) as FramesAnswer).results)
        else reject(new Error(text))
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
