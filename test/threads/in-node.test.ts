/** A thread of Node whose script fails: the reason is told, once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { useAssets } from '../../src/engine/assets.js'
import { sharedMemory } from '../../src/engine/core.js'
import { spawnThread } from '../../src/engine/threads/thread.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-thread-'))
afterAll(() => rmSync(folder, { recursive: true }))
const module = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))

/** A thread that runs a script of the test, and what was said when it was lost. */
function spawned(script: string) {
  const path = join(folder, 'thread.mjs')
  const port = `import { parentPort } from 'node:worker_threads'`
  writeFileSync(path, `${port}\n${script}`)
  useAssets({ urls: { 'thread.js': pathToFileURL(path).href }, core: null })
  const lost: (string | null)[] = []
  const init = { module, memory: sharedMemory(65536), block: 128, index: 2 }
  return { thread: spawnThread(init, (why) => lost.push(why)), lost }
}

describe('a script', () => {
  test.each([
    ['throws', `throw new Error('no such op')`, 'no such op'],
    ['ends', 'process.exit(0)', 'it was ended'],
  ])('that %s is no thread', async (_name, script, why) => {
    const { thread, lost } = spawned(script)
    await expect(thread).rejects.toThrow(why)
    expect(lost).toEqual([])
  })

  test.each([
    ['throws', `throw new Error('no such op')`, 'no such op'],
    ['ends', 'process.exit(0)', 'it was ended'],
  ])('that %s later is a lost thread', async (_name, script, why) => {
    const later = `parentPort.postMessage({ ready: true })\nsetTimeout(() => { ${script} }, 20)`
    const { thread, lost } = spawned(later)
    await thread
    await vi.waitFor(() => expect(lost).toEqual([why]))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(lost).toEqual([why])
  })
})

test('threads can share all of the memory that WebAssembly has', () => {
  expect(sharedMemory(2 ** 32).buffer.byteLength).toBe(65536)
})
