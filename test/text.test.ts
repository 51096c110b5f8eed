/** Text of every kind as a dataset, and as Python reads it. */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DatasetError, MicroGPT, Tokenizer, decodeUtf8, parseDocs } from '../src/index.js'
import { cpuTime } from './helpers/cpu-time.js'

/** Trains on some documents and samples, as far as that is what they are good for. */
async function used(docs: readonly string[], config = {}) {
  const gpt = await MicroGPT.create({ docs, config: { n_embd: 4, n_head: 2, ...config } })
  const losses = Array.from(gpt.train({ steps: 3 }), ({ loss }) => loss)
  expect(losses.every(Number.isFinite)).toBe(true)
  const chars = new Set(gpt.tokenizer.chars)
  for (const text of gpt.sample({ count: 3, temperature: 2 })) {
    for (const char of text) expect(chars).toContain(char)
  }
  return gpt
}

describe('documents', () => {
  test.each<[string, string[]]>([
    ['one character', ['a']],
    ['one character, many times', Array(50).fill('a')],
    ['NUL', ['a\0b', '\0']],
    ['astral characters', ['😀😃', '𝔘𝔫', '😀']],
    ['combining marks', ['e\u0301', '\u00e9', 'a\u0308\u0323']],
    ['halves of surrogate pairs', ['\ud83d', '\ude00', 'a\ud83d']],
    ['right to left and joiners', ['שלום', '👩\u200d👩\u200d👧']],
    ['a byte order mark inside', ['a\ufeffb']],
  ])('%s', async (_, docs) => {
    const gpt = await used(docs)
    const chars = new Set(docs.flatMap((doc) => [...doc]))
    expect(gpt.tokenizer.vocabSize).toBe(chars.size + 1)
  })

  test('no data to train on', async () => {
    await expect(MicroGPT.create({ docs: [] })).rejects.toThrow(DatasetError)
    await expect(MicroGPT.create({ docs: ['', ''] })).rejects.toThrow(DatasetError)
  })

  test('what is longer than block_size is cut as microgpt cuts it', async () => {
    const docs = (tail: string) => ['abcdefgh'.slice(0, 5) + tail, 'hgfedcba']
    const [short, long] = [await used(docs('a')), await used(docs('abcdefgh'))]
    const run = async (tail: string) => {
      const config = { block_size: 5, n_embd: 4, n_head: 2 }
      const gpt = await MicroGPT.create({ docs: docs(tail), config })
      return Array.from(gpt.train({ steps: 4 }), ({ loss }) => loss)
    }
    expect(await run('abc')).toEqual(await run('hgfedcba'))
    expect(long.params).not.toEqual(short.params)
    // The cut falls between characters, also between those of two code units.
    const faces = ['😀😃😄😁😆😅🤣', 'x😀😃😄😁😆😅🤣']
    const [a, b] = await Promise.all(
      [faces, faces.map((face) => face + '😀'.repeat(9))].map(async (list) => {
        const config = { block_size: 5, n_embd: 4, n_head: 2 }
        const gpt = await MicroGPT.create({ docs: list, config })
        return Array.from(gpt.train({ steps: 4 }), ({ loss }) => loss)
      }),
    )
    expect(a).toEqual(b)
  })

  test('a line of 10 MB is read quickly', async () => {
    const start = cpuTime()
    const line = 'abcdefghi '.repeat(1e6)
    const docs = parseDocs(decodeUtf8(new TextEncoder().encode(`${line}\nab\n`)))
    expect(docs.map((doc) => doc.length)).toEqual([line.length - 1, 2])
    await used(docs)
    expect(cpuTime() - start).toBeLessThan(30_000)
  })

  test('a million documents', async () => {
    const start = cpuTime()
    const docs = parseDocs('anna\r\notto\n\nnoah\r'.repeat(334_000))
    expect(docs.length).toBe(1_002_000)
    const gpt = await used(docs)
    const again = await MicroGPT.load(gpt.save({ optimizer: true }), { docs })
    expect(again.docsSeen).toBe(3)
    expect(cpuTime() - start).toBeLessThan(20_000)
  })

  test('spaces, line ends and blanks without end', () => {
    const start = cpuTime()
    for (const blank of [' ', '\n', '\r', '\r\n', '\u3000', '\x85']) {
      expect(() => parseDocs(blank.repeat(3e6))).toThrow(DatasetError)
      expect(parseDocs(`${blank.repeat(3e6)}a`)).toEqual(['a'])
    }
    expect(cpuTime() - start).toBeLessThan(30_000)
  })
})

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('as Python has it', () => {
  const python = (program: string, input: unknown) => {
    const options = { input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 1e9 } as const
    const script = `import json, sys\ngiven = json.load(sys.stdin)\n${program}`
    const { status, stdout, stderr } = spawnSync('python3', ['-c', script], options)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return JSON.parse(stdout)
  }

  test('strip, the documents, the sorted alphabet and its length', () => {
    const spaces = fc.constantFrom(...'\t\n\v\f\r\x1c\x1f \x85\xa0\u1680\u2028\u3000\u200b\0\ufeff')
    const char = fc.oneof(spaces, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
    const text = fc.array(fc.oneof(char, fc.constantFrom(...'abc\n')), {
      maxLength: 50,
      size: 'max',
    })
    const texts = fc.sample(text, 3000).map((chars) => chars.join(''))
    const want: { docs: string[]; chars: string[]; vocab_size: number }[] = python(
      `
import io
out = []
for text in given:
    text = text[1:] if text.startswith('\\ufeff') else text
    lines = io.StringIO(text, newline=None).read().split('\\n')
    docs = [line.strip() for line in lines if line.strip()]
    chars = sorted(set(''.join(docs)))
    out.append({'docs': docs, 'chars': chars, 'vocab_size': len(chars) + 1})
json.dump(out, sys.stdout)`,
      texts,
    )
    expect(want.filter(({ docs }) => docs.length > 1).length).toBeGreaterThan(500)
    for (const [i, { docs, chars, vocab_size }] of want.entries()) {
      if (docs.length === 0) {
        expect(() => parseDocs(texts[i]!)).toThrow(DatasetError)
        continue
      }
      const got = parseDocs(texts[i]!)
      expect(got).toEqual(docs)
      const tokenizer = Tokenizer.of(got)
      expect(tokenizer.chars).toEqual(chars)
      expect(tokenizer.vocabSize).toBe(vocab_size)
    }
  })

  test("bytes that are not UTF-8, with errors='replace'", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 2 }).map((text) => new TextEncoder().encode(text)),
      fc.constantFrom(
        ...[
          [0xed, 0xa0, 0x80],
          [0xf0, 0x9f, 0x98],
          [0xc0, 0x80],
          [0xf4, 0x90],
        ],
      ),
    )
    const lists = fc.sample(fc.array(piece, { maxLength: 8 }), 3000)
    const bytes = lists.map((pieces) => pieces.flatMap((each) => [...each]))
    const want = python(
      "json.dump([bytes(each).decode('utf-8', 'replace') for each in given], sys.stdout)",
      bytes,
    )
    expect(bytes.map((each) => decodeUtf8(Uint8Array.from(each), 'replace'))).toEqual(want)
  })
})
