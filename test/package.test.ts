/** What package.json promises, as publint and "Are the types wrong?" see it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
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

/** Bytes of all files of a folder. */
function bytesOf(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.map((name) => statSync(join(folder, name))).filter((stat) => stat.isFile())
  return files.reduce((sum, { size }) => sum + size, 0)
}

test('installed, the package takes at most 3.2 MB, and with its dependency what the docs say', () => {
  const flags = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const listed = execFileSync('npm', flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
  const [{ unpackedSize }] = JSON.parse(listed) as [{ unpackedSize: number }]
  expect(unpackedSize).toBeLessThanOrEqual(3.2e6)
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  expect(Object.keys(dependencies)).toEqual(['@assemblyscript/loader'])
  const total = unpackedSize + bytesOf(join(root, 'node_modules/@assemblyscript/loader'))
  const page = readFileSync(join(root, 'docs/install.md'), 'utf8')
  const [, stated] = /only dependency take ([\d.]+) MB/.exec(page) ?? []
  expect(Math.abs(Number(stated) - total / 1e6), `${total} bytes`).toBeLessThan(0.1)
})

test.each(['index', 'reference', 'client'])(
  'in build/%s.js functions and classes keep their names, which errors and debuggers show',
  async (entry) => {
    const exported: Record<string, unknown> = await import(`../build/${entry}.js`)
    const named = Object.entries(exported).filter(([, value]) => typeof value === 'function')
    expect(named.length).toBeGreaterThan(0)
    expect(named.map(([, value]) => (value as { name: string }).name)).toEqual(
      named.map(([name]) => name),
    )
  },
)
