/** What build/ holds for browsers, and how large it is. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { root } from './browser.js'

const read = (name: string) => readFileSync(join(root, 'build', name))
const KB = 1024

// What a visitor waits for. A change that goes past these has to earn it.
test.each([
  ['core.wasm', 14],
  ['microgpt.js', 20],
  ['worker.js', 3],
  ['page.js', 30],
])('%s is at most %i KB, gzipped', (name, most) => {
  expect(gzipSync(read(name), { level: 9 }).length).toBeLessThanOrEqual(most * KB)
})

test('microgpt.html and microgpt.inline.js ask for nothing beside them', () => {
  const html = read('microgpt.html').toString()
  const tags = html.replace(/<script>[^]*<\/script>/, '').replace(/<style>[^]*<\/style>/, '')
  expect(
    [...tags.matchAll(/(?:src|href)="([^"#]*)"/g)].map(([, url]) => url!.slice(0, 22)),
  ).toEqual(['data:image/svg+xml;bas', 'https://karpathy.ai/mi'])
  expect(html.match(/<script/g)).toHaveLength(1)
  for (const file of ['microgpt.html', 'microgpt.inline.js']) {
    expect(read(file).toString()).not.toMatch(/import\s*\(\s*["']\.|from\s*["']\./)
  }
})

test('the package holds all of it', () => {
  const flags = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const listed = execFileSync('npm', flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }]
  const paths = new Set(files.map(({ path }) => path))
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>
  }
  const named = Object.values(exports).flatMap((to) =>
    typeof to === 'string' ? to : Object.values(to),
  )
  const page = ['index.html', 'boot.js', 'page.js', 'page-worker.js', 'page.css', 'microgpt.html']
  const more = [...page, 'icon.svg', 'web.js', 'cli.js', 'core.d.ts', 'types/worker/model.d.ts']
  const wanted = [...named.map((path) => path.slice(2)), ...more.map((name) => `build/${name}`)]
  expect(wanted.filter((path) => !paths.has(path))).toEqual([])
})

test('the declarations type a program that uses the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'types-'))
  try {
    const from = join(root, 'build/types/index.js')
    writeFileSync(
      join(folder, 'program.mts'),
      `import { type Core, MicroGPT, createWorkerModel, loadCore } from ${JSON.stringify(from)}
      const gpt = await MicroGPT.create({ docs: ['ab'], preset: 'gist', config: { n_embd: 8 } })
      for (const { loss } of gpt.train({ steps: 1 })) loss.toFixed(2)
      const names: string[] = gpt.sample({ count: 2 })
      const model = await createWorkerModel({ docs: names })
      const { status } = await model.train({ signal: AbortSignal.timeout(1) }).result
      const how: 'completed' | 'aborted' | 'failed' = status
      const core: Core = await loadCore()
      const x: number = core.exp(1)
      // @ts-expect-error: there is no such export of the core
      core.nothing
      // @ts-expect-error: docs is missing
      MicroGPT.create({})
      export { how, x }`,
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023']
    const lib = ['--lib', 'es2023,dom', '--ignoreConfig']
    execFileSync(process.execPath, [tsc, ...flags, ...lib, join(folder, 'program.mts')], {
      encoding: 'utf8',
    })
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
