/** What reads checkpoints, for all that load none do without it: build/microgpt.load.js. */
export { readCheckpoint, restore, restoreRandom } from './checkpoint.js'
export { readSafetensors } from './safetensors.js'
