/** The ABI of the build for several threads: the whole of the other one, and the team. */
export * from './index'
export { FORWARD, PASS, WEIGH, UPDATE } from './team'
export { share, join, setChunk, setAdam, begin, finish, pulse, serve } from './team'
