/** Bundlers. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ISOLATED, bin, browse, browseFolder, printed, start } from './tools.mjs'

const FILES = ['core.wasm', 'core.fast.wasm', 'core.threads.wasm', 'thread.js', 'worker.js']

/** Files of the package beside what a bundler has written. */
function copyFiles(dir, to, files = FILES) {
  for (const file of files) {
    copyFileSync(join(dir, 'node_modules/microgpt-wasm/build', file), join(dir, to, file))
  }
}

const html = (script) => `<!doctype html><script type="module" src="${script}"></script>`

/** What the dev server of a project gives. */
async function viteDev(dir, project = dir) {
  const args = ['--port', '0', '--host', '127.0.0.1']
  const vite = join(dir, 'node_modules/.bin/vite')
  const server = await start(project, vite, args, /(http:\S+:\d+\/)/)
  try {
    return await browse(server.match[1])
  } finally {
    server.stop()
  }
}

/** @param inWorkspace the configuration where the package is installed above the project */
function viteRows(name, version, inWorkspace) {
  const install = [`vite@${version}`]
  const copy = ['vite.js as page.js', 'index.html', 'vite.config.js']
  return {
    [`${name} build`]: {
      install,
      copy,
      async test(dir) {
        await bin(dir, 'vite', ['build'])
        return browseFolder(join(dir, 'dist'))
      },
    },
    [`${name} dev`]: { install, copy, test: (dir) => viteDev(dir) },
    [`${name} dev, workspace`]: {
      install,
      packageJson: { workspaces: ['app'] },
      copy: [
        'vite.js as app/page.js',
        'check.js as app/check.js',
        'index.html as app/index.html',
        `${inWorkspace} as app/vite.config.js`,
      ],
      test: (dir) => viteDev(dir, join(dir, 'app')),
    },
  }
}

export const bundlers = {
  ...viteRows('vite8', '8.3.8', 'vite.config.js'),
  ...viteRows('vite7', '7.3.8', 'vite-workspace.config.js'),
  webpack: {
    install: ['webpack@5.112.2', 'webpack-cli@7.3.1'],
    copy: ['page.js'],
    async test(dir) {
      await bin(dir, 'webpack', ['--mode', 'production', '--entry', './page.js'])
      writeFileSync(join(dir, 'dist/index.html'), html('main.js'))
      return browseFolder(join(dir, 'dist'))
    },
  },
  rspack: {
    install: ['@rspack/core@2.3.3', '@rspack/cli@2.2.8'],
    copy: ['page.js'],
    async test(dir) {
      await bin(dir, 'rspack', ['build', '--mode', 'production', '--entry', './page.js'])
      writeFileSync(join(dir, 'dist/index.html'), html('main.js'))
      return browseFolder(join(dir, 'dist'))
    },
  },
  'esbuild browser': {
    install: ['esbuild@0.28.2'],
    copy: ['page.js'],
    async test(dir) {
      const flags = ['--bundle', '--minify', '--splitting', '--format=esm', '--outdir=dist']
      await bin(dir, 'esbuild', ['page.js', ...flags])
      copyFiles(dir, 'dist')
      writeFileSync(join(dir, 'dist/index.html'), html('page.js'))
      return browseFolder(join(dir, 'dist'))
    },
  },
  'esbuild inline': {
    install: ['esbuild@0.28.2'],
    copy: ['inline.js'],
    async test(dir) {
      await bin(dir, 'esbuild', ['inline.js', '--bundle', '--minify', '--outdir=dist'])
      writeFileSync(join(dir, 'dist/index.html'), html('inline.js'))
      return browseFolder(join(dir, 'dist'))
    },
  },
  // The policies that docs/install.md names; the inline bundle's worker is made of its source.
  'esbuild, CSP': {
    install: ['esbuild@0.28.2'],
    copy: ['page.js', 'inline.js'],
    async test(dir) {
      const flags = ['--bundle', '--minify', '--splitting', '--format=esm', '--outdir=dist']
      await bin(dir, 'esbuild', ['page.js', 'inline.js', ...flags])
      copyFiles(dir, 'dist')
      writeFileSync(join(dir, 'dist/files.html'), html('page.js'))
      writeFileSync(join(dir, 'dist/inline.html'), html('inline.js'))
      const policy = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'`
      const under = (more) => ({ ...ISOLATED, 'content-security-policy': policy + more })
      return {
        files: await browseFolder(join(dir, 'dist'), 'files.html', under('')),
        inline: await browseFolder(join(dir, 'dist'), 'inline.html', under('; worker-src blob:')),
      }
    },
  },
  'esbuild node esm': {
    install: ['esbuild@0.28.2'],
    copy: ['node.mjs'],
    async test(dir) {
      const flags = ['--bundle', '--platform=node', '--format=esm', '--outfile=dist/out.mjs']
      await bin(dir, 'esbuild', ['node.mjs', ...flags])
      copyFiles(dir, 'dist')
      return printed(dir, process.execPath, ['dist/out.mjs'])
    },
  },
  'esbuild node cjs': {
    install: ['esbuild@0.28.2'],
    copy: ['require.cjs'],
    async test(dir) {
      const flags = ['--bundle', '--platform=node', '--format=cjs', '--outfile=dist/out.cjs']
      await bin(dir, 'esbuild', ['require.cjs', ...flags])
      copyFiles(dir, 'dist')
      return printed(dir, process.execPath, ['dist/out.cjs'])
    },
  },
  rollup: {
    install: [
      'rollup@4.68.8',
      '@rollup/plugin-node-resolve@16.0.3',
      '@web/rollup-plugin-import-meta-assets@2.3.3',
    ],
    copy: ['page.js', 'rollup.config.js'],
    async test(dir) {
      await bin(dir, 'rollup', ['-c'])
      writeFileSync(join(dir, 'dist/index.html'), html('page.js'))
      return browseFolder(join(dir, 'dist'))
    },
  },
  parcel: {
    install: ['parcel@2.16.4'],
    copy: ['page.js', 'parcel.html as index.html'],
    // It reads no "exports" unless told to.
    packageJson: { '@parcel/resolver-default': { packageExports: true } },
    async test(dir) {
      await bin(dir, 'parcel', ['build', 'index.html', '--no-cache'])
      return browseFolder(join(dir, 'dist'))
    },
  },
}
