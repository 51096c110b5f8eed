/** Runs the command that the words name, and turns the result or error into an exit code. */
import packageJson from '../../package.json' with { type: 'json' }
import { show } from '../config/checks.js'
import { PROGRAM, UsageError, complain, complainOf, exitCode } from './exit.js'
import { EXPORT_FLAGS, INSPECT_FLAGS, SAMPLE_FLAGS, TRAIN_FLAGS } from './flags.js'
import { type DescribedCommand, commandHelp, programHelp } from './help.js'
import { Interrupt } from './interrupt.js'
import { nearest } from './nearest.js'
import { Output } from './output.js'
import { type Flags, parseFlags } from './parse.js'
import type { Surroundings } from './session.js'
import { speakFlags } from './terms.js'

interface Command extends DescribedCommand {
  load(): Promise<(flags: Flags, surroundings: Surroundings) => Promise<number>>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  train: {
    about: 'train a model and print what it invents',
    more: 'Ctrl-C ends it after the current step, and saves with --out or --resume',
    flags: TRAIN_FLAGS,
    examples: [
      'train',
      'train --preset gist --data names.txt --out model.safetensors --save-every 100',
      'train --mode text --data book.txt --val-fraction 0.1 --block-size 32',
      'train --resume model.safetensors',
    ],
    load: async () => (await import('./train.js')).train,
  },
  sample: {
    about: 'print what a model invents, nothing else',
    more: 'Without --model it trains one first, and keeps it nowhere; flags as in train',
    flags: SAMPLE_FLAGS,
    examples: ['sample --count 5', 'sample --model model.safetensors --prompt jo --top-k 5'],
    load: async () => (await import('./sample.js')).sample,
  },
  inspect: {
    about: 'show the parameters of a model and the memory it takes',
    more: 'Given the FILE of a checkpoint, it shows what that holds; it needs no data',
    operand: 'FILE',
    flags: INSPECT_FLAGS,
    examples: [
      'inspect model.safetensors',
      'inspect --n-layer 4',
      'inspect --n-embd 768 --n-head 12 --n-layer 12 --block-size 1024 --vocab-size 50257',
    ],
    load: async () => (await import('./inspect.js')).inspect,
  },
  export: {
    about: 'continue a model in PyTorch, or run it in any ONNX engine',
    more: 'train --resume takes the file that the PyTorch script saves as it is',
    operand: 'MODEL',
    flags: EXPORT_FLAGS,
    examples: [
      'export model.safetensors --pytorch torch --data names.txt',
      'export model.safetensors --onnx model.onnx --float32',
    ],
    load: async () => (await import('./export.js')).exportModel,
  },
}

const BENCH = { about: 'measure the three engines' }
const WEB = { about: 'serve the page, or export it as static files' }

/** Runs the program; never throws. @param argv the words after its name @returns the exit code */
export async function run(argv: string[]): Promise<number> {
  const [name = '', ...rest] = argv
  const out = new Output()
  const debug = argv.includes('--debug')
  let interrupt: Interrupt | null = null
  try {
    // bench and web parse their own flags, and need no signal handling.
    if (name === 'bench') return await (await import('./bench.js')).bench(rest)
    if (name === 'web') return await (await import('../web/command.js')).web(rest)
    if (name === 'help' && rest[0] === 'web') {
      return await (await import('../web/command.js')).web(['--help'])
    }
    if (name === 'help' && rest[0] === 'bench') {
      return await (await import('./bench.js')).bench(['--help'])
    }
    const text = information(name, rest)
    if (text !== undefined) {
      out.write(text)
      return 0
    }
    const command = commandOf(name)
    speakFlags(name)
    const flags = parseFlags(name, command.flags, rest, command.operand)
    if (flags.has('help')) {
      out.write(commandHelp(name, command))
      return 0
    }
    interrupt = new Interrupt()
    const act = await command.load()
    return await act(flags, { out, interrupt })
  } catch (error) {
    await out.flush()
    if (interrupt?.code) {
      complain('stopped before the first step')
      return interrupt.code
    }
    complainOf(error, debug)
    return exitCode(error)
  } finally {
    await out.flush()
  }
}

function information(name: string, rest: readonly string[]): string | undefined {
  const [command = ''] = rest
  if (name === 'help' && command !== '' && command !== 'bench' && command !== 'web') {
    return commandHelp(command, commandOf(command))
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    return programHelp({ ...COMMANDS, bench: BENCH, web: WEB })
  }
  if (name === '--version') return `${packageJson.version}\n`
  return undefined
}

/** @throws {UsageError} if there is no such command */
function commandOf(name: string): Command {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!
  const names = [...Object.keys(COMMANDS), 'bench', 'web']
  const more = `; ${PROGRAM} --help says more`
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
  if (name === '' || name.startsWith('-')) {
    const got = name === '' ? 'nothing' : show(name)
    throw new UsageError(`a command comes first (${list}), got ${got}${more}`)
  }
  const near = nearest(name, [...names, 'help'])
  const hint = near ? `did you mean ${near}?` : list
  throw new UsageError(`there is no command ${show(name)} (${hint})${more}`)
}
