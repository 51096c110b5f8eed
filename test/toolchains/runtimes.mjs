/** Runtimes outside browsers, frameworks that have a server, and test runners. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHROMIUM, bin, browse, printed, root, run, start } from './tools.mjs'

const nodeRow = (version) => ({
  install: [`node@${version}`],
  copy: ['node.mjs', 'require.cjs', 'worker-threads.mjs'],
  async test(dir) {
    const node = join(dir, 'node_modules/node/bin/node')
    const result = {}
    for (const file of ['node.mjs', 'require.cjs', 'worker-threads.mjs']) {
      result[file] = await printed(dir, node, [file])
    }
    return result
  },
})

const MINIFLARE = `
import { readFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'
const modules = ['worker.js', 'check.js'].map((path) => ({
  type: 'ESModule', path, contents: readFileSync('dist/' + path),
}))
const path = 'microgpt-wasm/core.wasm'
modules.push({ type: 'CompiledWasm', path, contents: readFileSync('dist/core.wasm') })
const mf = new Miniflare({ modules, compatibilityDate: '2026-01-01' })
const response = await mf.dispatchFetch('http://localhost/')
console.log(await response.text())
await mf.dispose()
`

export const runtimes = {
  node20: nodeRow('20.19.5'),
  node22: nodeRow('22'),
  node24: nodeRow('24'),
  node26: nodeRow('26'),
  bun: {
    install: ['bun@1.4.5'],
    copy: ['web-worker.mjs'],
    test: (dir) => printed(dir, join(dir, 'node_modules/.bin/bun'), ['web-worker.mjs']),
  },
  deno: {
    install: ['deno@2.9.6'],
    copy: ['web-worker.mjs'],
    test: (dir) =>
      printed(dir, join(dir, 'node_modules/.bin/deno'), [
        'run',
        '--no-prompt',
        '--allow-read',
        'web-worker.mjs',
      ]),
  },
  workerd: {
    install: ['miniflare@4.20260730.0', 'esbuild@0.28.2'],
    copy: ['workerd.js'],
    async test(dir) {
      const flags = [
        '--bundle',
        '--format=esm',
        '--external:microgpt-wasm/core.wasm',
        '--outfile=dist/worker.js',
      ]
      await bin(dir, 'esbuild', ['workerd.js', ...flags])
      cpSync(join(dir, 'node_modules/microgpt-wasm/build/core.wasm'), join(dir, 'dist/core.wasm'))
      cpSync(join(dir, 'check.js'), join(dir, 'dist/check.js'))
      writeFileSync(join(dir, 'run.mjs'), MINIFLARE)
      return printed(dir, process.execPath, ['run.mjs'])
    },
  },
  vitest: {
    install: [
      ...['vitest@4.1.12', '@vitest/browser-playwright@4.1.12', 'playwright-core@1.65.1'],
      ...['jsdom@27.2.0', 'happy-dom@20.0.11'],
    ],
    copy: ['vitest.config.js', 'names.test.js'],
    async test(dir) {
      const json = join(dir, 'out.json')
      const flags = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${json}`]
      await bin(dir, 'vitest', flags, { CHROMIUM })
      return 'its own tests pass'
    },
  },
  ...nextRow('turbopack', []),
  ...nextRow('webpack', ['--webpack']),
  'install from git': {
    async test(dir) {
      const repository = join(dir, 'repository')
      await run(root, 'git', ['clone', '--quiet', '--depth', '1', `file://${root}`, repository])
      const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
      await run(dir, 'npm', ['uninstall', ...quiet, 'microgpt-wasm'])
      await run(dir, 'npm', ['install', ...quiet, '--prefer-offline', `git+file://${repository}`])
      cpSync(join(root, 'test/toolchains/apps/node.mjs'), join(dir, 'node.mjs'))
      return printed(dir, process.execPath, ['node.mjs'])
    },
  },
}

function nextRow(bundler, flags) {
  return {
    [`next ${bundler}`]: {
      install: ['next@16.4.6', 'react@19.2.0', 'react-dom@19.2.0'],
      copy: [
        'next/app as app',
        'check.js as app/check.js',
        'next/next.config.mjs as next.config.mjs',
      ],
      async test(dir) {
        const env = { NEXT_TELEMETRY_DISABLED: '1', CI: '1' }
        await bin(dir, 'next', ['build', ...flags], env)
        const next = join(dir, 'node_modules/.bin/next')
        const server = await start(dir, next, ['start', '-p', '0'], /Local:\s+(http:\S+)/, env)
        try {
          const response = await fetch(`${server.match[1]}/api`)
          const text = await response.text()
          return { page: await browse(server.match[1]), server: JSON.parse(text) }
        } finally {
          server.stop()
        }
      },
    },
  }
}
