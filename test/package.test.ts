/** What package.json promises, as publint and "Are the types wrong?" see it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

test('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: root, level: 'suggestion' })
  expect(messages).toEqual([])
})

test('every entry point has the types that it needs, wherever modules are resolved by exports', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pack-'))
  try {
    const flags = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]
    const name = execFileSync('npm', flags, { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n')
      .at(-1)!
    const tarball = createPackageFromTarballData(new Uint8Array(readFileSync(join(folder, name))))
    const result = await checkPackage(tarball)
    if (!result.types) throw new Error('no types')
    const found = result.problems
      // node10 knows no exports, and has been out of use since Node 12.
      .filter((problem) => !('resolutionKind' in problem) || problem.resolutionKind !== 'node10')
      // The package is an ES module: require() of Node 20.19 and later loads it as one.
      .filter(({ kind }) => kind !== 'CJSResolvesToESM')
    expect(found).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
