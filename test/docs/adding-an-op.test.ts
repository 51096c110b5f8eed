/** The four edits of docs/architecture.md, in a copy of the repository: the new op compiles and works. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pageBlocks, root } from './blocks.js'

const run = promisify(execFile)

test('adding an op takes the four edits that the page shows', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'microgpt-op-'))
  const blocks = pageBlocks('docs/architecture.md').filter(({ file }) => file !== '')
  const codeOf = (file: string) => blocks.find((block) => block.file === file)!.code
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(copy, file), change(readFileSync(join(copy, file), 'utf8')))
  try {
    for (const path of ['assembly', 'src', 'test', 'examples', 'build']) {
      cpSync(join(root, path), join(copy, path), {
        recursive: true,
        // The packages of other libraries, which bench:peers installs.
        filter: (from) => from !== join(root, 'build/peers'),
      })
    }
    for (const file of ['package.json', 'asconfig.json', 'tsconfig.json']) {
      cpSync(join(root, file), join(copy, file))
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

    expect(blocks.map(({ file }) => file)).toEqual([
      'assembly/ops/square.ts',
      'assembly/index.ts',
      'src/engine/graph.ts',
      'test/assembly/ops.test.ts',
    ])
    writeFileSync(join(copy, 'assembly/ops/square.ts'), codeOf('assembly/ops/square.ts'))
    edit('assembly/index.ts', (text) => `${text}\n${codeOf('assembly/index.ts')}\n`)
    const last = /\n}\n*$/
    edit('src/engine/graph.ts', (text) =>
      text.replace(last, () => `\n\n${codeOf('src/engine/graph.ts')}\n}\n`),
    )
    const line = "  test('scale', over(op.scale))\n"
    edit('test/assembly/ops.test.ts', (text) =>
      text.replace(line, () => `${line}${codeOf('test/assembly/ops.test.ts')}\n`),
    )

    edit('tsconfig.json', (text) =>
      text.replace(/"include": \[[^\]]*\]/, '"include": ["test/assembly/ops.test.ts"]'),
    )

    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js')
    // Without the optimizer, which takes most of the time: the op's code is the same.
    const plain = '--optimizeLevel 0'
    const builds = [
      ...['--target debug', `--target release ${plain}`],
      `assembly/threads.ts --target threads ${plain}`,
    ]
    await Promise.all(
      builds.map((build) => run(process.execPath, [asc, ...build.split(' ')], { cwd: copy })),
    )
    const tsc = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', copy])
    const types = await tsc.catch((error: { stdout: string }) => error)
    expect(types.stdout).toBe('')
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const config = "export default { test: { include: ['test/assembly/ops.test.ts'] } }"
    writeFileSync(join(copy, 'vitest.config.mjs'), config)
    const args = [vitest, 'run', '--root', copy, '-t', 'square']
    const { stdout } = await run(process.execPath, args, {
      cwd: copy,
      env: { ...process.env, NO_COLOR: '1' },
    })
    // Once per build of the core.
    expect(stdout).toMatch(/Tests +2 passed/)
  } finally {
    rmSync(copy, { recursive: true })
  }
}, 300_000)
