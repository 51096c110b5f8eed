/** What browsers get: the host in one file, the page in pieces and in one file. */
import { readFileSync, writeFileSync } from 'node:fs'
import * as esbuild from 'esbuild'
import { bundleForBrowsers } from './bundle-for-browsers.mjs'

const read = (path) => readFileSync(path, 'utf8')
const PANELS = /<!-- (panels\/[a-z-]+\.html) -->/g
const STYLES = ['tokens', 'layout', 'controls', 'charts']

/** @param shared esbuild's options that all bundles have */
export async function buildBrowser(shared) {
  const core = JSON.stringify(readFileSync('build/core.wasm').toString('base64'))
  const inlineCore = { INLINE_CORE: core }
  await Promise.all([
    bundleForBrowsers({
      ...shared,
      entryPoints: { 'microgpt.inline': 'src/inline.ts' },
      define: inlineCore,
    }),
    bundleForBrowsers({ ...shared, entryPoints: { page: 'src/web/main.ts' } }),
    // Not as a module: a worker of the old kind starts sooner. core.wasm lies beside it all the same.
    bundleForBrowsers({
      ...shared,
      format: 'iife',
      entryPoints: { 'page-worker': 'src/web/worker/main.ts' },
      define: { 'import.meta.url': 'location.href' },
    }),
  ])

  const styles = STYLES.map((name) => read(`src/web/styles/${name}.css`)).join('\n')
  const { code: css } = await esbuild.transform(styles, { loader: 'css', minify: true })
  const html = read('src/web/page.html').replace(PANELS, (_, path) => read(`src/web/${path}`))
  writeFileSync('build/index.html', html)
  writeFileSync('build/page.css', css)
  for (const name of ['icon.svg', 'boot.js'])
    writeFileSync(`build/${name}`, read(`src/web/${name}`))
  writeFileSync('build/microgpt.html', await oneFile(shared, html, css, inlineCore))
}

/** The page with all that it needs inside: it works from a double click, without a server. */
async function oneFile(shared, html, css, inlineCore) {
  const bundle = async (entry, define) => {
    const options = { ...shared, format: 'iife', entryPoints: [entry], write: false }
    const url = { 'import.meta.url': '""' }
    const [file] = await bundleForBrowsers({ ...options, define: { ...define, ...url } })
    return file.text
  }
  const worker = await bundle('src/web/worker/main.ts', inlineCore)
  const page = await bundle('src/web/main.ts', { WORKER_SOURCE: JSON.stringify(worker) })
  const icon = `data:image/svg+xml;base64,${Buffer.from(read('src/web/icon.svg')).toString('base64')}`
  // A function as replacement: what it gives may hold $&.
  return html
    .replace(/^.*(boot|page)\.js.*\n/gm, '')
    .replace('href="icon.svg"', () => `href="${icon}"`)
    .replace(/<link rel="stylesheet".*>/, () => `<style>${css}</style>`)
    .replace(
      '</body>',
      () => `<script>${page.replaceAll('</script', '<\\/script')}</script></body>`,
    )
}
