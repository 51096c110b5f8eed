/** The page, in pieces for a server and in one file for a double click. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import * as esbuild from 'esbuild'
import { forBrowsers, forScripts, inlineCore } from './esbuild.mjs'

const read = (path) => readFileSync(path, 'utf8')
const PANELS = /<!-- (panels\/[a-z-]+\.html) -->/g
const STYLES = ['tokens', 'layout', 'controls', 'charts']
const WORKER = 'src/web/worker/main.ts'
const TORCH_SCRIPT = 'python/microgpt_torch.py'

export async function buildPage() {
  await Promise.all([
    esbuild.build({ ...forBrowsers, entryPoints: { page: 'src/web/main.ts' } }),
    // A classic script starts sooner than a module.
    esbuild.build({
      ...forScripts,
      define: { ...forScripts.define, 'import.meta.url': 'location.href' },
      entryPoints: { 'page-worker': WORKER },
    }),
  ])
  const styles = STYLES.map((name) => read(`src/web/styles/${name}.css`)).join('\n')
  const { code: css } = await esbuild.transform(styles, { loader: 'css', minify: true })
  const html = read('src/web/page.html').replace(PANELS, (_, path) => read(`src/web/${path}`))
  writeFileSync('build/index.html', html)
  writeFileSync('build/page.css', css)
  copyFileSync('src/web/preview.png', 'build/preview.png')
  copyFileSync(TORCH_SCRIPT, 'build/microgpt_torch.py')
  for (const name of ['icon.svg', 'boot.js']) {
    writeFileSync(`build/${name}`, read(`src/web/${name}`))
  }
  writeFileSync('build/microgpt.html', await oneFile(html, css))
}

/** The page in one file: it opens with a double click, without a server. */
async function oneFile(html, css) {
  const bundle = async (entry, define) => {
    const { outputFiles } = await esbuild.build({
      ...forScripts,
      entryPoints: [entry],
      define: { ...forScripts.define, ALONE: 'true', ...define },
      write: false,
    })
    return outputFiles[0].text
  }
  const worker = await bundle(WORKER, inlineCore())
  const page = await bundle('src/web/main.ts', {
    WORKER_SOURCE: JSON.stringify(worker),
    SCRIPT_TEXT: JSON.stringify(read(TORCH_SCRIPT)),
  })
  const icon = `data:image/svg+xml;base64,${Buffer.from(read('src/web/icon.svg')).toString('base64')}`
  const script = page.replaceAll('</script', '<\\/script')
  // Functions as replacements, because the text may contain $&.
  return html
    .replace(/^.*(boot|page)\.js.*\n/gm, '')
    .replace('href="icon.svg"', () => `href="${icon}"`)
    .replace(/<link rel="stylesheet".*>/, () => `<style>${css}</style>`)
    .replace('</body>', () => `<script>${script}</script></body>`)
}
