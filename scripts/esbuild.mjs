/** The esbuild options that all bundles share. */
import { readFileSync } from 'node:fs'

export const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  external: ['node:*'],
  logLevel: 'warning',
  outdir: 'build',
  // Leaves one side of each condition in src/engine/assets.ts: a literal that bundlers look for.
  minifySyntax: true,
  define: {
    BUILT: 'true',
    ALONE: 'undefined',
    INLINE_CORE: 'undefined',
    WORKER_SOURCE: 'undefined',
    SCRIPT_TEXT: 'undefined',
  },
}

/** For browsers: minified, and without modules of Node. */
export const forBrowsers = {
  ...shared,
  platform: 'neutral',
  mainFields: ['module', 'main'],
  minify: true,
  // Class names are part of error messages.
  keepNames: true,
}

/** Options that put core.wasm into a bundle. */
export const inlineCore = () => ({
  INLINE_CORE: JSON.stringify(readFileSync('build/core.wasm').toString('base64')),
})

/** A classic script has no import.meta; it receives addresses, or computes them from its own. */
export const forScripts = {
  ...forBrowsers,
  format: 'iife',
  logOverride: { 'empty-import-meta': 'silent' },
}
