/** `npm run bench:peers`: the same model on other engines. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { MicroGPT } from '../../gpt/microgpt.js'
import { machine } from '../machine.js'
import { PEER_GUIDES, checkBlock, withReadmeFile, writeBlock } from '../readme.js'
import { modelOf, writeCase } from './cases.js'
import { PEERS, askPeer } from './peers.js'
import { type PeersReport, type Width, sweep } from './sweep.js'
import { peersTable } from './table.js'

const HELP = `usage: npm run bench:peers -- [--widths N,N...] [--rounds N] [--seconds N] [--only TEXT]
                               [--no-install] [--json [FILE]] [--markdown] [--readme [FILE]]

Compares this package with @jax-js/jax and TensorFlow.js on WebAssembly, and with PyTorch where
python3 has it: the same model, weights and batches. Losses are compared before anything is timed.
Installs exact versions of the first two into build/peers (300 MB), and changes nothing else.

  --widths N,N...  n_embd of the models (16,32,64,128,256)
  --rounds N       number of new processes for each; a figure is their median (3)
  --seconds N      how long to time each, at least three steps (1)
  --only TEXT      only engines whose name contains this
  --no-install     use the packages already in build/peers
  --json           print the numbers as JSON; with a FILE, write them there and print the table
  --markdown       print the table as Markdown
  --readme [FILE]  also write the table into FILE (docs/benchmarks.md and docs/onward.md), between
                   <!-- bench:peers --> and its end
`

/** The comment in a guide before its table. */
const BLOCK = 'bench:peers'

/**
 * Runs the comparison and prints it.
 * @param argv the flags
 * @param folder of the peers' programs and packages: build/peers, next to the core
 * @param ask how a peer is asked; a test gives known answers
 * @returns the exit code
 * @throws {Error} for an unknown flag, or when a peer's losses differ from ours
 */
export async function benchPeers(argv: string[], folder: string, ask = askPeer): Promise<number> {
  const { values, positionals } = parseArgs({
    args: withReadmeFile(argv, PEER_GUIDES),
    allowPositionals: true,
    options: {
      widths: { type: 'string', default: '16,32,64,128,256' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      'no-install': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      readme: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const widths = values.widths.split(',').map(Number)
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  const fits = widths.every((n) => Number.isInteger(n) && n >= 4 && n <= 1024)
  const counts = Number.isInteger(rounds) && rounds >= 1 && seconds > 0
  const [file, ...rest] = positionals
  if (!fits || !counts || rest.length > 0 || (file !== undefined && !values.json)) {
    process.stderr.write(HELP)
    return 2
  }

  // Before anything is measured.
  for (const guide of values.readme) checkBlock(guide, BLOCK)
  const say = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  }
  if (!values['no-install']) await install(folder, say)
  const temporary = mkdtempSync(join(tmpdir(), 'microgpt-peers-'))
  try {
    const cases: Width[] = []
    for (const n_embd of widths) {
      const core = pathToFileURL(join(folder, '../core.wasm'))
      const gpt = await MicroGPT.create({ ...modelOf(n_embd), core })
      cases.push({ n_embd, numParams: gpt.numParams, file: writeCase(temporary, gpt, seconds) })
      gpt.free()
    }
    const asked: Parameters<typeof sweep>[3] = (peer, path, mode) => ask(folder, peer, path, mode)
    const peers = PEERS.filter(({ label }) => label.includes(values.only))
    const results = await sweep(peers, cases, rounds, asked, say)
    const sizes = cases.map(({ n_embd, numParams }) => ({ n_embd, numParams }))
    const report: PeersReport = { machine: machine(), widths: sizes, results }
    say('')
    if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
    for (const guide of values.readme) writeBlock(guide, BLOCK, peersTable(report, true))
    const toStdout = values.json && file === undefined
    process.stdout.write(
      `${toStdout ? JSON.stringify(report) : peersTable(report, values.markdown)}\n`,
    )
  } finally {
    rmSync(temporary, { recursive: true })
  }
  return 0
}

/**
 * Installs the packages of build/peers/package.json; a peer without its package says what is
 * missing.
 */
async function install(folder: string, say: (text: string) => void): Promise<void> {
  say('installing the peers')
  const args = ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund']
  await promisify(execFile)('npm', args, { cwd: folder }).catch((error: { stderr?: string }) => {
    process.stderr.write(`the peers could not be installed: ${error.stderr ?? String(error)}\n`)
  })
}
