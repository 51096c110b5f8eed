/**
 * The Python of docs/checkpoints.md, below a stand-in for microgpt.py, writes a file that loads.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { moduleOf } from '../helpers/cores.js'
import { pageBlocks } from './blocks.js'

/** The names of microgpt.py that the block uses, with numbers that are easy to recognize. */
const MICROGPT = `
class Value:
    def __init__(self, data): self.data = data
n_embd, n_head, n_layer, block_size = 4, 2, 1, 8
uchars = ['a', 'b', '\\u00e9']
numbers = iter(range(10**6))
matrix = lambda nout, nin: [[Value(next(numbers) / 1024) for _ in range(nin)] for _ in range(nout)]
state_dict = {'wte': matrix(4, 4), 'wpe': matrix(8, 4), 'lm_head': matrix(4, 4)}
for name in ['attn_wq', 'attn_wk', 'attn_wv', 'attn_wo']: state_dict['layer0.' + name] = matrix(4, 4)
state_dict['layer0.mlp_fc1'], state_dict['layer0.mlp_fc2'] = matrix(16, 4), matrix(4, 16)
`

test('parameters move from microgpt.py to the package, bit for bit', async () => {
  const blocks = pageBlocks('docs/checkpoints.md')
  const block = blocks.find(({ language }) => language === 'python')
  const folder = mkdtempSync(join(tmpdir(), 'microgpt-python-'))
  try {
    execFileSync('python3', ['-c', MICROGPT + block!.code], { cwd: folder })
    const file = readFileSync(join(folder, 'microgpt.safetensors'))
    const gpt = await MicroGPT.load(file, { core: moduleOf('release') })
    expect(gpt.tokenizer.chars).toEqual(['a', 'b', 'é'])
    expect([gpt.config.n_embd, gpt.config.block_size, gpt.preset]).toEqual([4, 8, 'gist'])
    expect(Array.from(gpt.params)).toEqual(Array.from(gpt.params, (_, i) => i / 1024))
    expect(gpt.sample({ count: 2 })).toHaveLength(2)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
