/**
 * The page itself in a browser: trained by its button, it gives the losses and the file of Node; left
 * during a write, it offers the run when it is opened again.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { valuesInBrowser } from './pages.mjs'

const FILES = [
  ...['index.html', 'boot.js', 'page.js', 'page-worker.js', 'page.css', 'core.wasm', 'icon.svg'],
]
/** The page's own policy, except that the visit shows it in a frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'" +
    "; frame-ancestors 'self'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}
/** A picture that is empty or of one color has fewer. */
const FEWEST_COLORS = 50

const OFFERED = /^A run at step 1 of 500 on the shipped names, from .*, can be resumed\./

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** A folder with the page and some files of this one. */
function placeOf(root, folder, name, files) {
  const place = join(folder, name)
  mkdirSync(place, { recursive: true })
  for (const file of FILES) copyFileSync(join(root, 'build', file), join(place, file))
  for (const file of files) {
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(place, file))
  }
  return place
}

/** @returns what agrees, in a few words. @throws {Error} for what does not */
export async function visitIn(browser, root, folder) {
  const place = placeOf(root, folder, 'visit', ['visit.html', 'visit.js'])
  const want = await inNode(root)
  const got = await valuesInBrowser(place, browser, { start: 'visit.html', headers: HEADERS })
  if (got.error) throw new Error(JSON.stringify(got.error))
  const trouble = [...got.notices, ...got.refused]
  const other = want.losses.findIndex((loss, i) => loss !== got.losses[i])
  if (other >= 0) trouble.push(`loss ${other}: ${got.losses[other]}, not ${want.losses[other]}`)
  if (got.losses.length !== want.losses.length) trouble.push(`${got.losses.length} losses`)
  if (got.checkpoint !== want.checkpoint) trouble.push(`another checkpoint: ${got.checkpoint}`)
  if (got.colors < FEWEST_COLORS) trouble.push(`the picture has ${got.colors} colors`)
  if (trouble.length > 0) throw new Error(trouble.join('\n'))
  return `${want.losses.length} losses and the checkpoint equal, the picture has ${got.colors} colors`
}

/**
 * @returns how often the run was offered
 * @throws {Error} if it was not, once, and the page did not say why or need not have failed
 */
export async function leaveIn(browser, root, folder) {
  const place = placeOf(root, folder, 'leave', ['leave.js', 'between.html', 'slow-store.js'])
  const change = (name, edit) => {
    writeFileSync(join(place, name), edit(readFileSync(join(place, name), 'utf8')))
  }
  const script = '<script type="module" src="leave.js"></script>'
  change('index.html', (html) => html.replace('</head>', `${script}</head>`))
  const slow = readFileSync(join(place, 'slow-store.js'), 'utf8')
  change('page-worker.js', (program) => slow + program)
  const got = await valuesInBrowser(place, browser, { start: 'index.html', headers: HEADERS })
  if (got.error) throw new Error(JSON.stringify(got.error))
  const odd = got.offers.filter((offer) => !OFFERED.test(offer))
  if (got.blocked && !browser.blocksStore) odd.push(got.blocked)
  if (odd.length > 0) throw new Error(odd.join('\n'))
  const then = got.blocked ? ', then the page said that the store does not answer' : ''
  return `${got.offers.length} runs offered, ${got.persisted} pages frozen by the browser${then}`
}

/** The losses of the command line, and the file of the library after the same twenty samples. */
async function inNode(root) {
  const from = (name) => import(pathToFileURL(join(root, 'build', name)).href)
  const args = [join(root, 'build/cli.js'), 'train', '--json']
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n')
  const steps = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'step')
  const [{ MicroGPT, parseDocs }, { NAMES }] = [await from('index.js'), await from('names.js')]
  const gpt = await MicroGPT.create({ docs: parseDocs(NAMES) })
  for (const _step of gpt.train()) continue
  gpt.sample({ count: 20 })
  return { losses: steps.map(({ loss }) => loss), checkpoint: hash(gpt.save({ optimizer: true })) }
}
