/** microgpt on @jax-js/jax, on its wasm backend, with the whole step in one jit. */
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { readFileSync } from 'node:fs'
import { runPeer } from './case.mjs'

// It checks whether data are of this class, which Node 20 does not have.
globalThis.Float16Array ??= function Float16Array() {}

const { version } = JSON.parse(
  readFileSync(new URL('./node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
)

/** A function consumes the arrays that it takes; .ref keeps one for another use. */
const rmsnorm = (x) => {
  const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true })
  return x.mul(np.reciprocal(np.sqrt(meanSquare.add(1e-5))))
}
const linear = (x, w) => np.matmul(x, w.transpose())

await runPeer(async ({ config, weights, lr }, dtype) => {
  const devices = await init('wasm')
  if (!devices.includes('wasm')) throw new Error('@jax-js/jax has no wasm backend here')
  defaultDevice('wasm')
  const { n_embd, n_head, n_layer, block_size: T, batch_size: B, vocab_size: V } = config
  const { beta1, beta2, eps_adam, activation } = config
  const D = n_embd / n_head
  const Floats = dtype === 'float64' ? Float64Array : Float32Array
  const floats = (data, shape) => np.array(Floats.from(data), { dtype }).reshape(shape)
  const mask = floats(
    Array.from({ length: T * T }, (_, i) => (i % T <= Math.floor(i / T) ? 0 : -1e30)),
    [1, 1, T, T],
  )

  const heads = (x) => x.reshape([B, T, n_head, D]).transpose([0, 2, 1, 3])
  const attention = (q, k, v, hidden) => {
    const scores = np.matmul(heads(q), heads(k).transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(D))
    const y = np.matmul(nn.softmax(scores.add(hidden), -1), heads(v))
    return y.transpose([0, 2, 1, 3]).reshape([B * T, n_embd])
  }
  const forward = (w, inputs, targets, hidden) => {
    // One-hot rows, because jit in this version rejects the scatter in the gradient of an index.
    const tokens = np.matmul(inputs, w.wte)
    let x = tokens.reshape([B, T, n_embd]).add(w.wpe.reshape([1, T, n_embd]))
    x = rmsnorm(x.reshape([B * T, n_embd]))
    for (let i = 0; i < n_layer; i++) {
      const of = (name) => w[`layer${i}.${name}`]
      const a = rmsnorm(x.ref)
      const q = linear(a.ref, of('attn_wq'))
      const k = linear(a.ref, of('attn_wk'))
      const v = linear(a, of('attn_wv'))
      x = x.add(linear(attention(q, k, v, hidden.ref), of('attn_wo')))
      let h = nn.relu(linear(rmsnorm(x.ref), of('mlp_fc1')))
      if (activation === 'relu2') h = np.square(h)
      x = x.add(linear(h, of('mlp_fc2')))
    }
    hidden.dispose()
    const logProbs = nn.logSoftmax(linear(x, w.lm_head), -1)
    // All documents fill the block: the mean over all positions is the mean of the documents'.
    return logProbs
      .mul(targets)
      .sum()
      .mul(-1 / (B * T))
  }

  const update = jit((w, m, v, inputs, targets, hidden, rates) => {
    const [loss, g] = valueAndGrad(forward)(tree.ref(w), inputs, targets, hidden)
    const m2 = tree.map((a, b) => a.mul(beta1).add(b.mul(1 - beta1)), m, tree.ref(g))
    const v2 = tree.map((a, b) => a.mul(beta2).add(np.square(b).mul(1 - beta2)), v, g)
    const [rateM, rateV] = np.split(rates, 2)
    const w2 = tree.map(
      (p, a, b) =>
        p.sub(
          a
            .mul(rateM.ref.reshape([1, 1]))
            .div(np.sqrt(b.mul(rateV.ref.reshape([1, 1]))).add(eps_adam)),
        ),
      w,
      tree.ref(m2),
      tree.ref(v2),
    )
    rateM.dispose()
    rateV.dispose()
    return [w2, m2, v2, loss]
  })

  const pick = (make) => Object.fromEntries(weights.map((one) => [one.name, make(one)]))
  let w = pick(({ data, shape }) => floats(data, shape))
  let m = pick(({ shape }) => np.zeros(shape, { dtype }))
  let v = pick(({ shape }) => np.zeros(shape, { dtype }))
  const oneHot = (ids) => {
    const rows = new Floats(B * T * V)
    ids.forEach((id, row) => (rows[row * V + id] = 1))
    return np.array(rows, { dtype }).reshape([B * T, V])
  }
  const step = async (batch, t) => {
    const inputs = oneHot(batch.flatMap((doc) => doc.slice(0, T)))
    const targets = oneHot(batch.flatMap((doc) => doc.slice(1)))
    const rates = floats([lr / (1 - beta1 ** t), 1 / (1 - beta2 ** t)], [2])
    let loss
    ;[w, m, v, loss] = update(w, m, v, inputs, targets, mask.ref, rates)
    return loss.jsAsync()
  }
  const threads = typeof Worker === 'undefined' ? 'one thread' : 'threads'
  return { about: `@jax-js/jax ${version}, wasm, jit, ${threads}`, step }
})
