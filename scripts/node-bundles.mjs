/** The bundles that Node runs: the command line, a measurement of the benchmark, the page's server. */
import { slimLoader } from './slim-loader.mjs'

/** What esbuild's options for every bundle have in common. */
export const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  external: ['node:*'],
  logLevel: 'warning',
  outdir: 'build',
}

export const nodeBundles = {
  ...shared,
  platform: 'node',
  define: { BUILT: 'true' },
  plugins: [slimLoader],
  entryPoints: {
    cli: 'src/cli/main.ts',
    measure: 'src/bench/measure.ts',
    web: 'src/web/serve.ts',
  },
  banner: { js: '#!/usr/bin/env node' },
}

/** The runner of the peers, which scripts/peers.mjs bundles when it is asked for. */
export const peersBundle = {
  ...shared,
  platform: 'node',
  plugins: [slimLoader],
  entryPoints: { main: 'src/bench/peers/main.ts' },
  outdir: 'build/peers',
}
