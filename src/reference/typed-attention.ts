/**
 * Causal attention of TypedGPT, forward and backward. Outputs come first, then inputs, then sizes.
 * n is n_embd; each head reads and writes head_dim of its columns.
 */

/**
 * Causal attention of each head: att[h, t, s] = softmax over s <= t of q[t] . k[s] /
 * sqrt(head_dim), y[t] = sum over s of att[h, t, s] * v[s]. y: [T, n]. att: [n_head, block_size,
 * block_size]. qkv: [T, 3n], a row being q, k and v.
 */
export function attention(
  y: Float64Array,
  att: Float64Array,
  qkv: Float64Array,
  from: number,
  to: number,
  n: number,
  headDim: number,
  blockSize: number,
): void {
  const inverse = 1 / Math.sqrt(headDim)
  for (let start = 0, h = 0; start < n; start += headDim, h++) {
    for (let t = from; t < to; t++) {
      const q = t * 3 * n + start
      const row = (h * blockSize + t) * blockSize
      let top = -Infinity
      for (let s = 0; s <= t; s++) {
        const k = s * 3 * n + n + start
        let dot = 0
        for (let j = 0; j < headDim; j++) dot += qkv[(q + j) | 0]! * qkv[(k + j) | 0]!
        dot *= inverse
        att[row + s] = dot
        if (dot > top) top = dot
      }
      let total = 0
      for (let s = 0; s <= t; s++) total += att[row + s] = Math.exp(att[row + s]! - top)
      const share = 1 / total
      for (let s = 0; s <= t; s++) att[row + s]! *= share
      for (let j = 0; j < headDim; j++) {
        let v = 2 * n + start + j
        let sum = 0
        for (let s = 0; s <= t; s++) {
          sum += att[(row + s) | 0]! * qkv[v]!
          v = (v + 3 * n) | 0
        }
        y[t * n + start + j] = sum
      }
    }
  }
}

/**
 * dv[s] = sum over t >= s of att[t, s] * dy[t]; with da[s] = dy[t] . v[s] and
 * ds[s] = att[t, s] * (da[s] - sum of att[t] * da) / sqrt(head_dim): dq[t] = sum over s of ds[s] *
 * k[s], dk[s] = sum over t of ds[s] * q[t]. dqkv: [T, 3n], overwritten. dy: [T, n]. da:
 * [block_size], scratch. The others as in attention.
 */
export function attentionBackward(
  dqkv: Float64Array,
  da: Float64Array,
  dy: Float64Array,
  att: Float64Array,
  qkv: Float64Array,
  T: number,
  n: number,
  headDim: number,
  blockSize: number,
): void {
  const inverse = 1 / Math.sqrt(headDim)
  dqkv.fill(0, 0, T * 3 * n)
  for (let start = 0, h = 0; start < n; start += headDim, h++) {
    for (let t = 0; t < T; t++) {
      const q = t * 3 * n + start
      const d = t * n + start
      const row = (h * blockSize + t) * blockSize
      let mean = 0
      for (let s = 0; s <= t; s++) {
        const v = s * 3 * n + 2 * n + start
        const a = att[row + s]!
        let dot = 0
        for (let j = 0; j < headDim; j++) {
          dot += dy[(d + j) | 0]! * qkv[(v + j) | 0]!
          dqkv[(v + j) | 0]! += a * dy[(d + j) | 0]!
        }
        da[s] = dot
        mean += a * dot
      }
      for (let s = 0; s <= t; s++) {
        const k = s * 3 * n + n + start
        const ds = att[row + s]! * (da[s]! - mean) * inverse
        for (let j = 0; j < headDim; j++) {
          dqkv[(q + j) | 0]! += ds * qkv[(k + j) | 0]!
          dqkv[(k + j) | 0]! += ds * qkv[(q + j) | 0]!
        }
      }
    }
  }
}
