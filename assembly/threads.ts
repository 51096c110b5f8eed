/** The ABI of the build for several threads: all of index.ts, and the thread pool. */
export * from './index'
export { FORWARD, FORWARD_BACKWARD, WEIGHT_GRAD, UPDATE } from './thread-pool'
export { controlRecords, share, join, setMicroBatch, setUpdate } from './thread-pool'
export { begin, takeShard, finish, heartbeat, serve, end } from './thread-pool'
