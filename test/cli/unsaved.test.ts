/** Runs that end before they have saved, and a signal between training and sampling. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Interrupt } from '../../src/cli/interrupt.js'
import { SILENT } from '../../src/cli/report.js'
import { session } from '../../src/cli/session.js'
import { Output } from '../../src/cli/output.js'
import { inProcess as cli } from './in-process.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
beforeAll(() => writeFileSync(at('data'), 'anna\notto\nina\n'))

describe('a loss that is not finite before anything is saved', () => {
  const wild = '--learning-rate 1000 --weight-decay 1000 --lr-schedule constant'.split(' ')
  const train = (...more: string[]) =>
    cli('train', '--data', at('data'), ...wild, '--steps', '400', '--quiet', ...more)

  test.each<[string, () => string[]]>([
    ['without --out', () => []],
    ['with a new file', () => ['--out', at('new')]],
    ['with another model in the file', () => ['--out', at('model'), '--overwrite']],
  ])('%s, no file is said to keep the run', async (_, words) => {
    await cli('train', '--data', at('data'), '--steps', '1', '--samples', '0', '--out', at('model'))
    const before = readFileSync(at('model'))
    const run = await train(...words())
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(/the loss of step \d+ is|the model is broken/)
    expect(run.stderr).not.toContain('keeps the model of step')
    expect(readFileSync(at('model')).equals(before)).toBe(true)
    rmSync(at('model'))
  })
})

test('a signal that arrives during the last step ends the run before a sample is drawn', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const listeners = new Map(
    (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => [name, process.listeners(name)]),
  )
  try {
    const [out, interrupt] = [new Output(), new Interrupt()]
    let drawn = 0
    function* sampler() {
      for (; drawn < 3; drawn++) yield 'anna'
    }
    // The event loop sees the signal only after the step.
    const step = () => void setImmediate(() => process.emit('SIGINT'))
    const flags = new Map([
      ['data', at('data')],
      ['steps', '1'],
    ])
    const code = await session(flags, { out, interrupt }, () => ({ ...SILENT, step }), sampler)
    expect([code, drawn]).toEqual([130, 0])
    expect(stderr.mock.calls.join('')).toContain('stopped while sampling')
  } finally {
    for (const [name, before] of listeners) {
      for (const one of process.listeners(name)) {
        if (!before.includes(one)) process.off(name, one)
      }
    }
    stderr.mockRestore()
  }
})
