/** build/microgpt.js: the public API in one file, for pages without a bundler. */
export * from '../index.js'
