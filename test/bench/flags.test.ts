/** bench and bench:peers refuse what they do not know, before anything is measured. */
import { describe, expect, test } from 'vitest'
import { cli } from '../cli/program.js'

describe('bench', () => {
  test.each([
    [['--rounds', '0'], '--rounds must be a whole number from 1 to 1000, got 0'],
    [['--preset', 'novel'], '--preset must be tutorial or gist, got novel'],
    [['--readme', 'README.md'], '--readme goes with --scaling'],
    [['numbers.json'], 'bench takes no argument but the file of --json, got numbers.json'],
    [['--json', 'a', 'b'], 'bench takes no argument but the file of --json, got a b'],
    [['--scale'], "Unknown option '--scale'"],
  ])('%j', async (flags, message) => {
    const { code, stdout, stderr } = await cli('bench', ...flags)
    expect(stderr).toContain(message)
    expect([code, stdout]).toEqual([2, ''])
  })
})
