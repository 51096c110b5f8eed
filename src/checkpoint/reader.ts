/** What reads checkpoints, for all that load none do without it: build/microgpt.load.js. */
export { readCheckpoint } from './read.js'
export { openCheckpoint, restore } from './data.js'
export { readSafetensors } from '../safetensors/read.js'
