/**
 * Builds the programs for Node: the command line, the benchmark's measurement, the page's server.
 */
import { chmodSync } from 'node:fs'
import * as esbuild from 'esbuild'
import { shared } from './esbuild.mjs'

const options = { ...shared, platform: 'node', sourcemap: true }

export async function buildPrograms() {
  await esbuild.build({
    ...options,
    entryPoints: {
      cli: 'src/cli/main.ts',
      measure: 'src/bench/measure.ts',
      web: 'src/web/serve.ts',
    },
    banner: { js: '#!/usr/bin/env node' },
  })
  chmodSync('build/cli.js', 0o755)
}

/** The runner of bench:peers, which scripts/peers.mjs bundles when it runs. */
export const peersBundle = {
  ...options,
  entryPoints: { main: 'src/bench/peers/main.ts' },
  outdir: 'build/peers',
}
