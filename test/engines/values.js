/** The numbers and bytes that must be the same in every engine, by name: hashes, losses, samples. */

/** 64 bits over bytes (FNV-1a, twice). */
function hash(bytes) {
  let a = 0x811c9dc5
  let b = 0xcbf29ce4
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x01000197)
  }
  return [a, b].map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('')
}

const bytesOf = ({ buffer, byteOffset, byteLength }) =>
  new Uint8Array(buffer, byteOffset, byteLength)

const TEXT = 'the quick brown fox jumps over the lazy dog\nto be or not to be\n'.repeat(20)

/** @param docs the shipped names */
const models = (docs) => ({
  tutorial: [{ docs, seed: 42, config: { num_steps: 1000 } }, 1000],
  'batch of 16': [
    { docs, seed: 7, config: { n_embd: 32, n_layer: 2, batch_size: 16, num_steps: 40 } },
    40,
  ],
  text: [{ text: TEXT, seed: 3, preset: 'gist', config: { block_size: 32, batch_size: 2 } }, 60],
})

async function measure({ MicroGPT }, options, steps) {
  const gpt = await MicroGPT.create(options)
  const losses = Float64Array.from(gpt.train({ steps }), ({ loss }) => loss)
  const file = gpt.save({ optimizer: true })
  const measured = {
    losses: hash(bytesOf(losses)),
    'last loss': losses.at(-1),
    parameters: hash(bytesOf(gpt.params)),
    checkpoint: hash(file),
    samples: gpt.sample({ count: 'text' in options ? 1 : 20 }).join('|'),
  }
  gpt.free()
  return measured
}

/**
 * @param api the package
 * @param NAMES the shipped names
 * @param core the bytes of core.wasm, where they are not inside
 * @param fast the bytes of core.fast.wasm, where that is tried
 */
export async function values(api, NAMES, core, fast) {
  const docs = NAMES.trim().split('\n')
  const all = {}
  for (const [name, [options, steps]] of Object.entries(models(docs))) {
    const more = core ? { core } : {}
    all[name] = await measure(api, { ...options, ...more }, steps)
  }
  if (!fast) return all
  try {
    all.fast = await measure(api, { docs, config: { num_steps: 100 }, core: fast }, 100)
    // It is the parameters again.
    delete all.fast.checkpoint
  } catch (error) {
    all.fast = { 'relaxed SIMD': error.message }
  }
  return all
}
