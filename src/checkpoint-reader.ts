/** What reads checkpoints, for all that load none do without it: build/microgpt.load.js. */
export { readCheckpoint } from './checkpoint.js'
export { openCheckpoint, restore } from './checkpoint-data.js'
export { readSafetensors } from './safetensors.js'
