/** Pages without a bundler, and the package on another origin. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bin, browse, browseFolder, serve } from './tools.mjs'

function copyBuilt(dir, files) {
  for (const file of files) {
    copyFileSync(join(dir, 'node_modules/microgpt-wasm/build', file), join(dir, file))
  }
}

const plain = (files, ways) => ({
  copy: ['plain.html as index.html'],
  async test(dir) {
    copyBuilt(dir, ['microgpt.js', 'names.js', ...files])
    const site = await serve(dir)
    try {
      const result = await browse(`${site.address}?ways=${ways}`)
      const names = ['microgpt.js', 'names.js', 'check.js', ...files]
      const used = new Set(names.map((name) => `/${name}`))
      const more = site.asked.filter((path) => /\.(js|wasm)$/.test(path) && !used.has(path))
      return more.length > 0 ? { files: `it asked for ${more}` } : result
    } finally {
      site.stop()
    }
  },
})

export const pages = {
  page: plain(['core.wasm'], 'main'),
  'page with a worker': plain(['core.wasm', 'worker.js'], 'main,worker'),
  'page with threads': plain(['core.wasm', 'core.threads.wasm', 'thread.js'], 'main,threads'),
  'page, fast': plain(['core.fast.wasm'], 'fast'),
  'page, import map': {
    copy: ['import-map.html as index.html', 'page.js'],
    test: (dir) => browseFolder(dir),
  },
  'page, CDN': {
    copy: ['cdn.html as index.html'],
    async test(dir) {
      const cdn = await serve(dir, {
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      })
      try {
        return await browseFolder(dir, `?cdn=${encodeURIComponent(cdn.address)}`)
      } finally {
        cdn.stop()
      }
    },
  },
  'page, inline': {
    copy: ['inline.html as index.html'],
    test(dir) {
      copyBuilt(dir, ['microgpt.inline.js', 'names.js'])
      return browseFolder(dir)
    },
  },
  'page, service worker': {
    copy: ['service-worker.html as index.html', 'service-worker.js'],
    test(dir) {
      copyBuilt(dir, [
        'microgpt.js',
        'core.wasm',
        'core.fast.wasm',
        'microgpt.inline.js',
        'names.js',
      ])
      return browseFolder(dir)
    },
  },
  'page, file:': {
    install: ['esbuild@0.28.2'],
    copy: ['inline.js'],
    // From the disk browsers run no modules, but scripts.
    async test(dir) {
      await bin(dir, 'esbuild', ['inline.js', '--bundle', '--format=iife', '--outfile=out.js'])
      writeFileSync(join(dir, 'index.html'), '<!doctype html><script src="out.js"></script>')
      return browse(pathToFileURL(join(dir, 'index.html')).href)
    },
  },
}
