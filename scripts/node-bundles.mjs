/** The bundles that Node runs: the command line, a measurement of the benchmark, the page's server. */

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
  entryPoints: { main: 'src/bench/peers/main.ts' },
  outdir: 'build/peers',
}
