/** The whole ABI: what the host, or a page without a host, can call. */

/** Incremented when an export changes; the host rejects a core of another version. */
export const VERSION: i32 = 3

// memory
export { reserve, alloc, mark, release, gradientGap, moments, zeroGrad } from './arena'
export { beginCounting, endCounting, valuesCounted, recordsCounted, scratchCounted } from './arena'

// the tape
export { tapeLength, truncate, setAccumulate, forward, backward } from './tape'

// ops: each appends a record and returns the address of its output, or 0 if there is no room
export { embedding } from './ops/embedding'
export { linear } from './ops/linear'
export { rmsnorm } from './ops/rmsnorm'
export { attention, attentionCached } from './ops/attention'
export { relu, relu2, tanh, gelu, sigmoid } from './ops/activation'
export { elementwiseExp, elementwiseLog } from './ops/activation'
export { add, sub, mul } from './ops/binary'
export { addRow } from './ops/add-row'
export { scale } from './ops/scale'
export { matmul } from './ops/matmul'
export { softmax } from './ops/softmax'
export { mean, sum } from './ops/mean'
export { crossEntropy } from './ops/cross-entropy'

// the optimizer
export { adam, gradSquared, scaleGrad } from './adam'

// functions that must have the same bits everywhere
export { exp, log, tanhOf, sin, cos, sqrt } from './math'
