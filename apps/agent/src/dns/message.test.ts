import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDns } from './message.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const head = '1234 8180 0001 0000 0000 0000'
const question = '0178 0474657374 00 0001 0001'
const answerHead = (answers: number) => `1234 8180 0001 ${answers.toString(16).padStart(4, '0')} 0000 0000 ${question}`

const read = (text: string, isCut = false) => {
  const result = readDns(hex(text), isCut)
  if (!result.ok) throw new Error(result.problem)
  return result.message
}

describe('DNS messages', () => {
  it.each([
    ['a pointer to itself', `${head} c00c 0001 0001`, 'pointer does not lead back'],
    ['two pointers to each other', `${head} c00e c00c 0001 0001`, 'pointer does not lead back'],
    ['a label and a pointer back to it', `${head} 0161 c00c 0001 0001`, 'pointer does not lead back'],
    ['a pointer past the end', `${head} c3ff 0001 0001`, 'pointer does not lead back'],
    ['a pointer into the header', `${head} c002 0001 0001`, 'pointer into the header'],
    ['a name over 255 bytes', `${head} ${`3f${'61'.repeat(63)}`.repeat(5)} 00 0001 0001`, 'name over 255 bytes'],
    ['a reserved label type', `${head} 4161 00 0001 0001`, 'reserved label type'],
    ['the other reserved label type', `${head} 8161 00 0001 0001`, 'reserved label type'],
    ['a label that ends outside', `${head} 3f61`, 'label ends outside the message'],
    ['a record that ends outside', `${answerHead(1)} c00c 0001 0001 0000003c 0004 0a4d`, 'ends inside a record'],
    ['an address of three bytes', `${answerHead(1)} c00c 0001 0001 0000003c 0003 0a4d00`, 'address of a wrong length'],
    [
      'a text longer than its record',
      `${answerHead(1)} c00c 0010 0001 0000003c 0002 0561`,
      'text ends outside its record',
    ],
    [
      'a name longer than its record',
      `${answerHead(1)} c00c 0005 0001 0000003c 0001 c00c`,
      'data ends outside its record',
    ],
    ['a header cut short', '1234 8180 0001', 'shorter than a header'],
  ])('refuses %s', (_name, text, problem) => {
    expect(readDns(hex(text))).toMatchObject({ ok: false, problem })
  })

  it('follows a pointer to a pointer', () => {
    const { answers } = read(
      `${answerHead(2)} c00c 0001 0001 0000003c 0004 0a4d0002 c018 0001 0001 0000003c 0004 0a4d0003`,
    )
    expect(answers.map(({ name, data }) => [name, data])).toEqual([
      ['x.test', '10.77.0.2'],
      ['x.test', '10.77.0.3'],
    ])
  })

  it('reads names without compression, and addresses as sixteen bytes', () => {
    const { answers } = read(`${answerHead(1)} 0178 0474657374 00 0001 0001 0000003c 0004 0a4d0002`)
    expect(answers[0]).toMatchObject({ name: 'x.test', type: 'A', ttl: 60, data: '10.77.0.2' })
    expect(Buffer.from(answers[0]!.address!, 'latin1').toString('hex')).toBe('00000000000000000000ffff0a4d0002')
  })

  it('folds case, drops the final dot, names the root, escapes what a name may hold', () => {
    const ask = (name: string) => read(`0001 0100 0001 0000 0000 0000 ${name} 0001 0001`).question?.name
    expect(ask('0357775704457861 4d00')).toBe('www.exam')
    expect(ask('00')).toBe('.')
    expect(ask('03612e62 00')).toBe('a\\.b')
    expect(ask('02ff20 00')).toBe('\\255\\032')
  })

  it.each([
    ['CNAME', '0005', '03777777 c00c', 'www.x.test'],
    ['MX', '000f', '000a c00c', '10 x.test'],
    ['SRV', '0021', '0001 0002 0035 c00c', '1 2 53 x.test'],
    ['TXT', '0010', '0161 0262 63', 'abc'],
    ['AAAA', '001c', 'fd770000000000000000000000000002', 'fd77::2'],
    ['HTTPS', '0041', '0001 00 0001000302683 2', '1 .'],
    ['TYPE9999', '270f', 'abcd', 'abcd'],
  ])('reads %s', (type, number, data, text) => {
    const bytes = data.replaceAll(' ', '')
    const size = (bytes.length / 2).toString(16).padStart(4, '0')
    expect(read(`${answerHead(1)} c00c ${number} 0001 00000001 ${size} ${bytes}`).answers[0]).toMatchObject({
      type,
      data: text,
    })
  })

  it('reads as far as a message was captured, and marks it', () => {
    const text = `${answerHead(2)} c00c 0001 0001 0000003c 0004 0a4d0002 c00c 0001 0001 00`
    expect(read(text, true)).toMatchObject({ isCut: true, answers: [{ data: '10.77.0.2' }] })
    expect(readDns(hex(text))).toMatchObject({ ok: false })
  })

  it('ends on any bytes, and never reads outside of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, isCut) => {
        const result = readDns(Buffer.from(bytes), isCut)
        return result.ok ? result.message.answers.length <= 128 : result.problem.length > 0
      }),
    )
  })

  it('ends on a message made of pointers alone', () => {
    const bytes = Buffer.alloc(4096)
    hex('1234 8180 0001 00ff 0000 0000').copy(bytes)
    for (let at = 12; at + 2 <= bytes.length; at += 2) bytes.writeUInt16BE(0xc000 | Math.max(12, at - 2), at)
    expect(readDns(bytes).ok).toBe(false)
  })
})
