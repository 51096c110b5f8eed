/** The declarations of the library; the compiler of the cores has written theirs beside them. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const PLATFORM = 'build/types/platform.d.ts'
const NAMES = ['URL', 'Response', 'AbortSignal', 'Worker', 'Transferable', 'WebAssembly']

export function buildTypes() {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { stdio: 'inherit' })
  const files = readdirSync('build/types', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.d.ts'))
    .map((name) => `build/types/${name.replaceAll('\\', '/')}`)
  const path = 'build/types/engine/core.d.ts'
  const types = readFileSync(path, 'utf8')
  writeFileSync(path, types.replaceAll("'../../build/core.", "'../../core."))
  for (const file of [...files, 'build/core.d.ts', 'build/core.threads.d.ts']) importPlatform(file)
  copyFileSync('scripts/platform.d.ts', PLATFORM)
  prune(files)
  writeFileSync(
    'build/core.wasm.d.ts',
    `import type { WebAssembly } from './types/platform.js'

/** What bundlers and runtimes that import WebAssembly as a module give: MicroGPT's option core. */
declare const core: WebAssembly.Module
export default core
`,
  )
  writeFileSync(
    'build/script.d.ts',
    '/** A classic script that a worker runs: it exports nothing. */\nexport {}\n',
  )
}

/** Removes the declarations that no entry point of the package leads to. */
function prune(files) {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  const reached = new Set()
  const visit = (file) => {
    if (reached.has(file)) return
    reached.add(file)
    for (const [, module] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      visit(join(dirname(file), module.replace(/\.js$/, '.d.ts')).replaceAll('\\', '/'))
    }
  }
  for (const { types } of Object.values(exports)) {
    if (types?.startsWith('./build/types/')) visit(types.slice(2))
  }
  for (const file of files) if (!reached.has(file)) rmSync(file)
}

/** Makes a declaration file independent of the libraries of the program that uses it. */
function importPlatform(file) {
  const text = readFileSync(file, 'utf8')
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
  const used = NAMES.filter((name) => new RegExp(`(?<![.\\w'"])${name}\\b(?!['"\\w])`).test(code))
  if (used.length === 0 || code.includes('platform.js')) return
  const from = relative(dirname(file), PLATFORM)
    .replaceAll('\\', '/')
    .replace(/\.d\.ts$/, '.js')
  const module = from.startsWith('.') ? from : `./${from}`
  writeFileSync(file, `import type { ${used.join(', ')} } from '${module}'\n${text}`)
}
