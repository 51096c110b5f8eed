/** Tables in the README that a command writes anew. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { replaceBlock } from '../../src/bench/readme.js'

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
