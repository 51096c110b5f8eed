/** The programs of the documentation compile in strict TypeScript, with the types of the package. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { PAGES, pageBlocks, programsOf, root } from './blocks.js'

test('all programs compile', async () => {
  // Inside the repository, where `microgpt-wasm` resolves to the package itself.
  mkdirSync(join(root, 'build'), { recursive: true })
  const folder = mkdtempSync(join(root, 'build/docs-'))
  try {
    for (const page of PAGES) {
      for (const { line, source } of programsOf(pageBlocks(page))) {
        writeFileSync(join(folder, `${page.replace('/', '-')}-${line}.ts`), source)
      }
    }
    const compilerOptions = { noUnusedLocals: false, skipLibCheck: false }
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['.'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const run = promisify(execFile)(process.execPath, [tsc, '-p', folder])
    expect((await run.catch((error: { stdout: string }) => error)).stdout).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
