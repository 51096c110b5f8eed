/** microgpt on TensorFlow.js, on its wasm backend, which has only float32. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runPeer } from './case.mjs'

const require = createRequire(import.meta.url)
// As CommonJS: the Node builds of the packages, which find their wasm files on the disk.
const tf = require('@tensorflow/tfjs')
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm')

await runPeer(async ({ config, weights, lr }) => {
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))
  setWasmPaths(join(folder, 'dist/'))
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js has no wasm backend here')
  await tf.ready()
  const { n_embd, n_head, n_layer, block_size: T, batch_size: B, vocab_size: V } = config
  const { beta1, beta2, eps_adam, activation } = config
  const D = n_embd / n_head
  const make = (data, shape) => tf.tensor(Float32Array.from(data), shape, 'float32')
  const w = {}
  const [m, v] = [{}, {}]
  for (const { name, shape, data } of weights) {
    w[name] = tf.variable(make(data, shape))
    m[name] = tf.variable(tf.zeros(shape))
    v[name] = tf.variable(tf.zeros(shape))
  }
  const mask = make(
    Array.from({ length: T * T }, (_, i) => (i % T <= Math.floor(i / T) ? 0 : -1e30)),
    [1, 1, T, T],
  )

  const rmsnorm = (x) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.mul(x, x), -1, true), 1e-5)))
  // Its wasm kernel is slow if matMul transposes an operand, as its gradients do: a step can take five
  // times as long. So operands are transposed first.
  const flip = (x) => tf.transpose(x, x.rank === 2 ? [1, 0] : [0, 1, 3, 2])
  const timesFlipped = tf.customGrad((a, b, save) => {
    save([a, b])
    const gradFunc = (dy, [x, y]) => [tf.matMul(dy, y), tf.matMul(flip(dy), x)]
    return { value: tf.matMul(a, flip(b)), gradFunc }
  })
  const times = tf.customGrad((a, b, save) => {
    save([a, b])
    const gradFunc = (dy, [x, y]) => [tf.matMul(dy, flip(y)), tf.matMul(flip(x), dy)]
    return { value: tf.matMul(a, b), gradFunc }
  })
  const embed = (oneHots) =>
    tf.customGrad((table) => {
      const gradFunc = (dy) => tf.matMul(flip(oneHots), dy)
      return { value: tf.matMul(oneHots, table), gradFunc }
    })(w.wte)
  const linear = (x, name) => timesFlipped(x, w[name])
  const heads = (x) => tf.transpose(tf.reshape(x, [B, T, n_head, D]), [0, 2, 1, 3])
  const attention = (q, k, value) => {
    const scores = tf.mul(timesFlipped(heads(q), heads(k)), 1 / Math.sqrt(D))
    const y = times(tf.softmax(tf.add(scores, mask)), heads(value))
    return tf.reshape(tf.transpose(y, [0, 2, 1, 3]), [B * T, n_embd])
  }
  const forward = (inputs, targets) => {
    const tokens = tf.reshape(embed(inputs), [B, T, n_embd])
    let x = rmsnorm(tf.reshape(tf.add(tokens, w.wpe), [B * T, n_embd]))
    for (let i = 0; i < n_layer; i++) {
      const layer = `layer${i}.`
      const a = rmsnorm(x)
      const [q, k, value] = ['q', 'k', 'v'].map((one) => linear(a, `${layer}attn_w${one}`))
      x = tf.add(x, linear(attention(q, k, value), `${layer}attn_wo`))
      let h = tf.relu(linear(rmsnorm(x), `${layer}mlp_fc1`))
      if (activation === 'relu2') h = tf.mul(h, h)
      x = tf.add(x, linear(h, `${layer}mlp_fc2`))
    }
    // All documents fill the block: the mean over all positions is the mean of the documents'.
    const logProbs = tf.logSoftmax(linear(x, 'lm_head'))
    return tf.mul(tf.sum(tf.mul(logProbs, targets)), -1 / (B * T))
  }

  const oneHot = (ids) => {
    const rows = new Float32Array(B * T * V)
    ids.forEach((id, row) => (rows[row * V + id] = 1))
    return tf.tensor2d(rows, [B * T, V])
  }
  const step = (batch, t) =>
    tf.tidy(() => {
      const inputs = oneHot(batch.flatMap((doc) => doc.slice(0, T)))
      const targets = oneHot(batch.flatMap((doc) => doc.slice(1)))
      const { value, grads } = tf.variableGrads(() => forward(inputs, targets), Object.values(w))
      for (const name of Object.keys(w)) {
        const g = grads[w[name].name]
        m[name].assign(tf.add(tf.mul(m[name], beta1), tf.mul(g, 1 - beta1)))
        v[name].assign(tf.add(tf.mul(v[name], beta2), tf.mul(tf.mul(g, g), 1 - beta2)))
        const mHat = tf.mul(m[name], lr / (1 - beta1 ** t))
        const vHat = tf.mul(v[name], 1 / (1 - beta2 ** t))
        w[name].assign(tf.sub(w[name], tf.div(mHat, tf.add(tf.sqrt(vHat), eps_adam))))
      }
      return value.dataSync()[0]
    })
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'SIMD' : 'no SIMD'
  const threads = (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))
    ? 'threads'
    : 'one thread'
  return { about: `@tensorflow/tfjs ${tf.version.tfjs}, wasm, ${simd}, ${threads}`, step }
})
