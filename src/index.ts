/** The public API. */
export * from './host.js'
export { readCheckpoint, readSafetensors } from './checkpoint-reader.js'
