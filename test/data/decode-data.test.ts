/** What is found in a file: the bytes that a reader may meet, and what is said about each. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { gunzip } from '../../src/cli/source.js'
import type { Data } from '../../src/data/corpus.js'
import { MAX_TEXT } from '../../src/data/decode.js'
import { type DataReading, decodeData } from '../../src/data/decode-data.js'
import { DatasetError } from '../../src/index.js'
import { cpuTime } from '../helpers/cpu-time.js'

const bytesOf = (text: string | Uint8Array | number[]) =>
  typeof text === 'string' ? new TextEncoder().encode(text) : Uint8Array.from(text)
const read = (content: string | Uint8Array | number[], reading: DataReading = {}) =>
  decodeData(bytesOf(content), reading, gunzip)

async function refusal(content: string | Uint8Array | number[], reading?: DataReading) {
  const error = await read(content, reading).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(DatasetError)
  return (error as Error).message
}

const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return big ? bytes.swap16() : bytes
}
const THREE = 'anna\notto\nina\n'
const docs = ['anna', 'otto', 'ina']
const WINDOWS = Buffer.from('caf\xe9\n\x80 5 \x93na\xefve\x94\n', 'latin1')

describe('is read', () => {
  test.each<[string, Uint8Array | string, DataReading, Data]>([
    ['UTF-8', THREE, {}, { docs }],
    ['UTF-8 with its byte order mark', `\ufeff${THREE}`, {}, { docs }],
    ['UTF-16, little-endian', utf16(THREE), {}, { docs }],
    ['UTF-16, big-endian', utf16(THREE, true), {}, { docs }],
    ['gzip', gzipSync(THREE), {}, { docs }],
    ['gzip of UTF-16', gzipSync(utf16(THREE)), {}, { docs }],
    [
      'two gzips, one after the other',
      Buffer.concat([gzipSync('anna\n'), gzipSync('otto\nina')]),
      {},
      { docs },
    ],
    ['windows-1252', WINDOWS, { encoding: 'windows-1252' }, { docs: ['café', '€ 5 “naïve”'] }],
    [
      'malformed bytes, replaced',
      WINDOWS.subarray(0, 5),
      { errors: 'replace' },
      { docs: ['caf\ufffd'] },
    ],
    [
      'a column',
      'name,age\nanna,3\n"ot,to",4\n"i""na",5\n',
      { column: 'name' },
      { docs: ['anna', 'ot,to', 'i"na'] },
    ],
    [
      'a column of TSV',
      'id\tname\n1\tanna\n2\totto\n',
      { column: 'name' },
      { docs: ['anna', 'otto'] },
    ],
    [
      'a column beside empty fields, between empty lines',
      'id,name\n,anna\n\n2,otto\n',
      { column: 'name' },
      { docs: ['anna', 'otto'] },
    ],
    [
      'a value of two lines',
      'id,text\n1,"a\nb"\n2,c\n',
      { column: 'text' },
      { docs: ['a b', 'c'] },
    ],
    [
      'a field',
      '{"name":"anna"}\n\n{"name":"ot\\nto","x":1}\n',
      { field: 'name' },
      { docs: ['anna', 'ot to'] },
    ],
    [
      'whole lines of a table',
      'name,age\nanna,3\notto,4\n',
      { column: 'all' },
      { docs: ['name,age', 'anna,3', 'otto,4'] },
    ],
    [
      'a column as one text',
      'id,text\n1,to\n2,be\n',
      { mode: 'text', column: 'text' },
      { text: 'to\nbe' },
    ],
    [
      'HTML as one text',
      '<!doctype html>\n<p>to',
      { mode: 'text' },
      { text: '<!doctype html>\n<p>to' },
    ],
    ['a long line as one text', 'x'.repeat(3000), { mode: 'text' }, { text: 'x'.repeat(3000) }],
    [
      'lines with commas',
      'Smith, John\nDoe, Jane\nRoe, Richard\n',
      {},
      { docs: ['Smith, John', 'Doe, Jane', 'Roe, Richard'] },
    ],
    [
      'pairs without a header',
      'anna,otto\nnoah,ina\nada,bo\n',
      {},
      { docs: ['anna,otto', 'noah,ina', 'ada,bo'] },
    ],
    ['braces', '{anna}\n{otto}\n', {}, { docs: ['{anna}', '{otto}'] }],
  ])('%s', async (_, content, reading, want) => {
    expect(await read(content, reading)).toEqual(want)
  })
})

describe('is refused with what it is', () => {
  test.each<[string, Uint8Array | string | number[], RegExp, DataReading?]>([
    [
      'bytes of windows-1252',
      WINDOWS,
      /not valid UTF-8 at line 1, byte 4 of it; .*windows-1252.*replace/,
    ],
    ['gzip that is cut', gzipSync(THREE).subarray(0, 20), /gzip that is damaged or not complete/],
    [
      'gzip with something after it',
      Buffer.concat([gzipSync(THREE), Buffer.from('junk')]),
      /gzip that is damaged/,
    ],
    [
      'gzip with zeros after it',
      Buffer.concat([gzipSync(THREE), Buffer.alloc(9)]),
      /gzip that is damaged/,
    ],
    [
      'gzip that is damaged',
      [...gzipSync(THREE)].map((b, i) => (i === 15 ? b ^ 255 : b)),
      /gzip that is damaged/,
    ],
    ['UTF-16 that is cut', utf16(THREE).subarray(0, 9), /not valid UTF-16LE/],
    ['UTF-32', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], /it is UTF-32, not text/],
    ['a ZIP archive', [0x50, 0x4b, 3, 4, 0], /it is a ZIP archive, not text/],
    ['a PDF', '%PDF-1.7\n', /it is a PDF, not text/],
    ['HTML', '\n<!DOCTYPE html>\n<p>anna', /it is an HTML page, not a list of documents/],
    ['CSV', 'name,age\nanna,3\notto,4\n', /it is CSV with a header.*"name", "age", or all/],
    ['TSV', 'id\ttext\n1\tto\n2\tbe\n', /it is TSV with a header.*"id", "text"/],
    [
      'JSON Lines',
      '{"name":"anna","n":1}\n{"name":"otto","n":2}\n',
      /it is JSON Lines.*"name", or all/,
    ],
    ['one long line', 'x'.repeat(3000), /it is one line of 3000 characters; .*text/],
    ['nothing', '', /holds no document/],
    [
      'a column that is not there',
      'a,name\n1,x\n',
      /no column "b"; .* "a", "name"/,
      { column: 'b' },
    ],
    [
      'a field that is not there',
      '{"a":"x"}\n{"b":"y"}\n',
      /line 2 has no string in the field "a"/,
      { field: 'a' },
    ],
    ['a line that is no JSON', '{"a":"x"}\noops\n', /line 2 has no JSON object/, { field: 'a' }],
  ])('%s', async (_, content, sentence, reading) => {
    expect(await refusal(content, reading)).toMatch(sentence)
  })

  test('the place of a malformed byte, however far away', async () => {
    for (const lines of [1, 1000, 40_000]) {
      const text = Buffer.from('étoile étoile\n'.repeat(lines))
      const bytes = Buffer.concat([text, Buffer.from([0x61, 0xc3, 0x28, 0x0a])])
      const began = cpuTime()
      expect(await refusal(bytes)).toContain(`at line ${lines + 1}, byte 2 of it`)
      expect(cpuTime() - began).toBeLessThan(2000)
    }
    expect(await refusal([0x61, 0x0a, 0x62, 0xe2, 0x82])).toContain('at line 2, byte 2 of it')
  })
})

describe('has one limit', () => {
  test('of bytes, said as a size', async () => {
    const large = { length: MAX_TEXT + 1 } as Uint8Array
    const error = await decodeData(large, {}, gunzip).catch((e: Error) => e)
    expect(error).toBeInstanceOf(DatasetError)
    expect((error as Error).message).toBe('a text may have 512 MiB, got 512 MiB; give a part of it')
  })

  test('of what gzip holds: a small file is not expanded beyond it', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 20))
    await expect(gunzip(bomb, 1 << 16)).rejects.toThrow(RangeError)
    const message = await decodeData(bomb, {}, () => gunzip(bomb, 1 << 16)).catch(
      (e: Error) => e.message,
    )
    expect(message).toMatch(/gzip of more than 512 MiB/)
  })

  test('a browser can decompress instead', async () => {
    const stream = async (bytes: Uint8Array) => {
      const body = new Blob([bytes as BlobPart]).stream()
      const plain = body.pipeThrough(new DecompressionStream('gzip'))
      return new Uint8Array(await new Response(plain).arrayBuffer())
    }
    expect(await decodeData(gzipSync(THREE), {}, stream)).toEqual({ docs })
  })
})
