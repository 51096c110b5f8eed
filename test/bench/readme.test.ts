/** Tables in the README that a command writes anew. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceBlock, writeBlock } from '../../src/bench/readme.js'

test('what stands between the comments is replaced, the rest stays', () => {
  const text = 'a\n<!-- x -->\n\nold\n\n<!-- /x -->\nb <!-- /y -->'
  const once = replaceBlock(text, 'x', 'new $& $1')
  expect(once).toBe('a\n<!-- x -->\n\nnew $& $1\n\n<!-- /x -->\nb <!-- /y -->')
  expect(replaceBlock(once, 'x', 'new $& $1')).toBe(once)
})

test.each(['nothing', '<!-- /x --> <!-- x -->'])('without a place it says so: %s', (text) => {
  expect(() => replaceBlock(text, 'x', 'new')).toThrow(
    'there is no place between <!-- x --> and <!-- /x -->',
  )
})

test.each(['bench --scaling', 'bench:peers'])('the README has a place for %s', (name) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  expect(replaceBlock(readme, name, 'new')).toContain(`<!-- ${name} -->\n\nnew\n\n`)
})

test('a file is written where it has a place, and left as it is where it has none', () => {
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
