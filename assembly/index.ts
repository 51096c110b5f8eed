/** The whole ABI: what the host, or a page without a host, can call. */

/** Counts up when an export changes; the host refuses a core of another version. */
export const VERSION: i32 = 2

// memory
export { reserve, alloc, mark, release, gradientGap, moments, zeroGrad } from './arena'

// the tape
export { tapeLength, truncate, setFresh, forward, backward } from './tape'

// ops: each records a row and gives the address of its output, or 0 when there is no room
export { embedding } from './ops/embedding'
export { linear } from './ops/linear'
export { rmsnorm } from './ops/rmsnorm'
export { attention, attentionCached } from './ops/attention'
export { relu, relu2, tanh, gelu } from './ops/activation'
export { add, mul } from './ops/binary'
export { scale } from './ops/scale'
export { matmul } from './ops/matmul'
export { softmax } from './ops/softmax'
export { mean } from './ops/mean'
export { crossEntropy } from './ops/cross-entropy'

// the optimizer
export { adam, gradSquared, scaleGrad } from './adam'

// arithmetic that must have the same bits everywhere
export { exp, log, tanh as tanhOf, sin, cos, sqrt } from './math'
