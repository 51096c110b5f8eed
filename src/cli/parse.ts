/** Parses the words after the command into flags. */
import { parseArgs } from 'node:util'
import { show } from '../config/checks.js'
import { PROGRAM, UsageError } from './exit.js'
import type { Flag } from './flags.js'
import { nearest } from './nearest.js'
import { visible } from './visible.js'

/** The given flags by name: the text of a value, or whether a switch is on. */
export type Flags = ReadonlyMap<string, string | boolean>

/** What one spelling of a flag sets. */
interface Spelling {
  flag: Flag
  on: boolean
}

function spellings(table: readonly Flag[]): Map<string, Spelling> {
  const all = new Map<string, Spelling>()
  const put = (name: string, flag: Flag, on: boolean) => {
    all.set(name, { flag, on })
    all.set(name.replaceAll('-', '_'), { flag, on })
  }
  for (const flag of table) {
    put(flag.name, flag, true)
    if (flag.alias) put(flag.alias, flag, true)
    if (flag.negatable) put(`no-${flag.name}`, flag, false)
  }
  return all
}

/**
 * Parses the flags of a command. The operand is stored under its name. If a flag is repeated, the
 * last one counts. If --help is given, the result is only `help`, even if other words are wrong.
 * @throws {UsageError} for an unknown flag, a missing or unexpected value, or a word without a flag
 */
export function parseFlags(
  command: string,
  table: readonly Flag[],
  argv: string[],
  operand?: string,
): Flags {
  const known = spellings(table)
  const options = Object.fromEntries(
    Array.from(known, ([name, { flag }]) => [
      name,
      { type: flag.value ? ('string' as const) : ('boolean' as const) },
    ]),
  )
  const help = { type: 'boolean' as const, short: 'h' }
  // Strict mode would reject values such as -5, and its messages are several sentences long.
  const { tokens } = parseArgs({
    args: argv,
    options: { ...options, help },
    strict: false,
    tokens: true,
  })
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) {
    return new Map([['help', true]])
  }
  const more = `; ${PROGRAM} ${command} --help lists the flags`
  const flags = new Map<string, string | boolean>()
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (!operand || flags.has(operand)) throw new UsageError(stray(token.value, table) + more)
      flags.set(operand, token.value)
    }
    if (token.kind !== 'option') continue
    const { rawName, value, inlineValue } = token
    const spelling = rawName.startsWith('--') ? known.get(token.name) : undefined
    if (!spelling) throw new UsageError(unknown(rawName, [...known.keys()]) + more)
    const { flag, on } = spelling
    if (flag.value === undefined) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value, got ${show(value)}`)
      flags.set(flag.name, on)
    } else {
      const forgotten = !inlineValue && value?.startsWith('--') && known.has(value.slice(2))
      if (value === undefined || forgotten) {
        throw new UsageError(`${rawName} needs a value: ${rawName} ${flag.value}${more}`)
      }
      flags.set(flag.name, value)
    }
  }
  return flags
}

function unknown(rawName: string, names: readonly string[]): string {
  const near = nearest(rawName.replace(/^-+/, ''), names)
  return `there is no flag ${show(rawName)}${near ? ` (did you mean --${near}?)` : ''}`
}

/** The message for a word without a flag, with the flag that was probably meant. */
function stray(word: string, table: readonly Flag[]): string {
  const takes = (name: string) => table.some((flag) => flag.name === name)
  const names = /\.safetensors$/i.test(word) ? ['model', 'resume'] : ['data']
  const flag = /\.\w+$|[/\\]/.test(word) ? names.find(takes) : undefined
  const hint = flag ? `; did you mean --${flag} ${visible(word)}?` : ''
  // npm takes flags before -- for itself, and passes only their values on.
  const npm = process.env.npm_lifecycle_event ? ' (npm run needs -- before the flags)' : ''
  return `a flag begins with --, got ${show(word)}${npm}${hint}`
}
