/** What every toolchain's program does: a model of the shipped names, 100 steps, one sample. */
const WANT = { loss: 2.7073442557015985, name: 'haki' }

/** Compares a way's result; fused multiply-add changes the last bits. */
function verdict({ loss, name }, isFast) {
  const same = isFast ? Math.abs(loss - WANT.loss) < 1e-9 : loss === WANT.loss
  return same && name === WANT.name ? 'ok' : `got ${loss} and ${name}`
}

async function onThisThread({ MicroGPT }, options) {
  const gpt = await MicroGPT.create(options)
  let loss = NaN
  for (const step of gpt.train({ steps: 100 })) loss = step.loss
  const [name] = gpt.sample({ count: 1 })
  gpt.free()
  return { loss, name }
}

async function inWorker({ createWorkerModel }, options) {
  const gpt = await createWorkerModel(options)
  let loss = NaN
  for await (const step of gpt.train({ steps: 100 })) loss = step.loss
  const [name] = await gpt.sample({ count: 1 })
  gpt.free()
  return { loss, name }
}

const WAYS = {
  main: [onThisThread, {}],
  worker: [inWorker, {}],
  threads: [onThisThread, { threads: 2 }],
  'worker with threads': [inWorker, { threads: 2 }],
  fast: [onThisThread, { fast: true }],
}

/**
 * Takes each way in turn.
 * @returns by way 'ok', or what was wrong
 */
export async function check(api, NAMES, ways, more = {}) {
  const docs = NAMES.trim().split('\n')
  const result = {}
  for (const way of ways) {
    const [run, options] = WAYS[way]
    try {
      const got = await run(api, { docs, ...options, ...more })
      result[way] = verdict(got, options.fast)
    } catch (error) {
      result[way] = `${error.name}: ${error.message} ${error.cause?.message ?? ''}`
    }
  }
  return result
}
