/** Tables in a Markdown file that a command writes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BENCHMARKS, PEER_GUIDES, replaceBlock } from '../../src/bench/readme.js'
import { withReadmeFile, writeBlock } from '../../src/bench/readme.js'

test('the text between the comments is replaced, the rest is unchanged', () => {
  const text = 'a\n<!-- x -->\n\nold\n\n<!-- /x -->\nb <!-- /y -->'
  const once = replaceBlock(text, 'x', 'new $& $1')
  expect(once).toBe('a\n<!-- x -->\n\nnew $& $1\n\n<!-- /x -->\nb <!-- /y -->')
  expect(replaceBlock(once, 'x', 'new $& $1')).toBe(once)
})

test.each(['nothing', '<!-- /x --> <!-- x -->'])(
  'a text without the comments is an error: %s',
  (text) => {
    expect(() => replaceBlock(text, 'x', 'new')).toThrow(
      'there is no place between <!-- x --> and <!-- /x -->',
    )
  },
)

test.each<[string, string]>([
  ['bench --scaling', BENCHMARKS],
  ...PEER_GUIDES.map((guide): [string, string] => ['bench:peers', guide]),
])('the comments of %s are in %s', (name, guide) => {
  const readme = readFileSync(new URL(`../../${guide}`, import.meta.url), 'utf8')
  expect(replaceBlock(readme, name, 'new')).toContain(`<!-- ${name} -->\n\nnew\n\n`)
})

test.each([
  [['--readme'], ['--readme', BENCHMARKS]],
  [
    ['--readme', '--sizes'],
    ['--readme', BENCHMARKS, '--sizes'],
  ],
  [
    ['--sizes', '--readme', 'a.md'],
    ['--sizes', '--readme', 'a.md'],
  ],
])('--readme without a file means docs/benchmarks.md: %j', (argv, want) => {
  expect(BENCHMARKS).toBe('docs/benchmarks.md')
  expect(withReadmeFile(argv)).toEqual(want)
})

test('--readme without a file can mean several guides', () => {
  const got = withReadmeFile(['--readme', '--json', '--readme', 'a.md'], PEER_GUIDES)
  const both = ['--readme', BENCHMARKS, '--readme', 'docs/onward.md']
  expect(got).toEqual([...both, '--json', '--readme', 'a.md'])
})

test('a file is written if it has the comments, and unchanged if it has none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  try {
    const file = join(folder, 'README.md')
    writeFileSync(file, 'é <!-- x --> <!-- /x -->')
    writeBlock(file, 'x', 'new')
    expect(readFileSync(file, 'utf8')).toBe('é <!-- x -->\n\nnew\n\n<!-- /x -->')
    expect(() => writeBlock(file, 'y', 'new')).toThrow('there is no place')
    expect(readFileSync(file, 'utf8')).toContain('\n\nnew\n\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
