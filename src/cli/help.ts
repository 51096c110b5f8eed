/** Builds the texts of --help from the tables of commands and flags. */
import { PROGRAM } from './exit.js'
import type { Flag } from './flags.js'

const WIDTH = 80

export interface DescribedCommand {
  /** What the command does, in one line. */
  about: string
  /** One more sentence about it. */
  more?: string
  /** The name of an optional argument without a flag. */
  operand?: string
  flags: readonly Flag[]
  examples: readonly string[]
}

/** Wraps a text into lines of at most `width` columns. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}

/** Two columns. The right one is wrapped; it starts on the next line if the left one is long. */
function pairs(rows: readonly (readonly [string, string])[], left: number): string {
  const lines = rows.flatMap(([name, about]) => {
    const wrapped = wrap(about, WIDTH - left)
    const [first, ...rest] =
      name.length < left - 1 ? [name, ...wrapped.slice(1)] : [name, ...wrapped]
    const head = name.length < left - 1 ? `${first!.padEnd(left)}${wrapped[0]}` : first!
    return [head, ...rest.map((line) => ' '.repeat(left) + line)]
  })
  return lines.map((line) => `${line}\n`).join('')
}

const flagName = ({ name, value, negatable }: Flag) =>
  `  --${negatable ? '[no-]' : ''}${name}${value ? ` ${value}` : ''}`

const exampleLines = (examples: readonly string[]) =>
  examples.map((example) => `  ${PROGRAM} ${example}\n`).join('')

export function commandHelp(name: string, command: DescribedCommand): string {
  const { about, more, operand, flags, examples } = command
  const sentence = `${about[0]!.toUpperCase()}${about.slice(1)}.`
  const intro = wrap(more ? `${sentence} ${more}.` : sentence, WIDTH).join('\n')
  const rows = flags.map((flag) => [flagName(flag), flag.about] as const)
  return `usage: ${PROGRAM} ${name} ${operand ? `[${operand}] ` : ''}[flags]

${intro}

flags (defaults in parentheses; --n_embd works as --n-embd does):
${pairs(rows, 30)}
examples:
${exampleLines(examples)}`
}

export function programHelp(commands: Readonly<Record<string, { about: string }>>): string {
  const rows = Object.entries(commands).map(([name, { about }]) => [`  ${name}`, about] as const)
  return `usage: ${PROGRAM} COMMAND [flags]

A tiny GPT that learns names, on a WebAssembly core.

commands:
${pairs(rows, 12)}
  help        show this; help COMMAND or COMMAND --help shows its flags
  --version

exit codes: 0 done, 1 the run failed, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP
`
}
