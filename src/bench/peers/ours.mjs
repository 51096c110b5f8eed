/** microgpt-wasm, measured like its peers: from build/peers, with the built package next to it. */
import { MicroGPT } from '../microgpt.js'
import { runPeer } from './case.mjs'

await runPeer(async ({ options, weights }, _dtype, threads) => {
  const gpt = await MicroGPT.create(threads === 1 ? options : { ...options, threads })
  for (const { name, data } of weights) {
    const mine = gpt.stateDict.get(name).data
    if (data.some((x, i) => x !== mine[i])) throw new Error(`${name} is not the case's`)
  }
  const step = () => gpt.train({ steps: 1 }).next().value.loss
  return { about: 'microgpt-wasm', step }
})
