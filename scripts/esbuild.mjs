/** The esbuild options that all bundles share. */
import { readFileSync } from 'node:fs'

export const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  external: ['node:*'],
  logLevel: 'warning',
  outdir: 'build',
  // Reduces `built ? a : b` in src/engine/assets.ts to one literal address, which bundlers look
  // for.
  minifySyntax: true,
  define: { BUILT: 'true' },
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
}
