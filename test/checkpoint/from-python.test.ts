/** python/save_microgpt.py: what is pasted below microgpt.py saves a model that is sampled here. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'

const SNIPPET = fileURLToPath(new URL('../../python/save_microgpt.py', import.meta.url))
const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))

test('the file has every bit, and the program samples it', async () => {
  const docs = ['anna', 'bob', 'zoë', 'emma', 'otto']
  const options = { docs, preset: 'gist', seed: 5, config: { n_embd: 8, n_head: 2, n_layer: 2 } }
  const gpt = await MicroGPT.create(options)
  for (const _ of gpt.train({ steps: 20 })) continue
  const dict = Array.from(gpt.stateDict.values(), ({ name, shape: [nout, nin], data }) => [
    name,
    Array.from({ length: nout }, (_row, i) => Array.from(data.subarray(i * nin, (i + 1) * nin))),
  ])
  const folder = mkdtempSync(join(tmpdir(), 'python-'))
  try {
    // The names are those of microgpt.py.
    const given = JSON.stringify(JSON.stringify([docs, Object.fromEntries(dict)]))
    const program = `import json
class Value:
    def __init__(self, data): self.data = data
docs, matrices = json.loads(${given})
state_dict = {k: [[Value(x) for x in row] for row in m] for k, m in matrices.items()}
n_embd, n_head, n_layer, block_size = 8, 2, 2, 16
${readFileSync(SNIPPET, 'utf8')}`
    writeFileSync(join(folder, 'microgpt.py'), program)
    execFileSync('python3', ['microgpt.py'], { cwd: folder })
    const path = join(folder, 'microgpt.safetensors')
    const loaded = await MicroGPT.load(readFileSync(path))
    expect(Array.from(loaded.params)).toEqual(Array.from(gpt.params))
    const flags = ['sample', '--model', path, '--count', '3', '--seed', '1']
    const printed = execFileSync(process.execPath, [CLI, ...flags], { encoding: 'utf8' })
    const again = await MicroGPT.load(gpt.save(), { seed: 1 })
    expect(printed.trim().split('\n')).toEqual(
      again.sample({ count: 3 }).map((name) => name.trim()),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
