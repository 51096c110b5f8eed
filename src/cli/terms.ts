/** Makes messages of the library name command-line flags instead of options. */
import { type Front, type Phrase, speakTo } from '../config/terms.js'
import { FIELDS } from '../config/hyperparameters.js'
import { flagOf } from './flags.js'

/** Options whose flag has another name. */
const OTHER: Readonly<Record<string, string>> = {
  valFraction: '--val-fraction',
  evalEvery: '--eval-every',
  topK: '--top-k',
  docs: '--data',
  text: '--data with --mode text',
}
/** Options whose flag has the same name. */
const SAME = new Set('preset seed threads fast prompt length count widen column field'.split(' '))

const PHRASES: Partial<Record<Phrase, string>> = {
  newRun: 'give --fresh for a new run',
  anyWidth: 'give --widen to read it anyway',
  theAlphabet: 'give --data FILE, the text that it was trained on',
  theConfig: 'give --preset, --n-embd and the like',
  off: 'off',
  replaceBytes: 'give --encoding-errors replace to replace the malformed bytes',
  latin: 'give --encoding windows-1252 if it was written on an older Windows',
  column: 'give --column with one of',
  field: 'give --field with one of',
  asText: 'give --mode text to learn from all of it',
  heldOut: 'give --val-fraction 0.1',
}

/** Other phrases for commands that do not have the flag of the usual phrase. */
const LACKS: Readonly<Record<string, Partial<Record<Phrase, string>>>> = {
  sample: { newRun: 'leave out --data: sampling needs none' },
  inspect: { newRun: 'leave it out' },
  export: { newRun: 'leave out --data' },
}

/** From here on, messages name the flags of this command. */
export function speakFlags(command: string): void {
  const front: Front = {
    name(option) {
      if (Object.hasOwn(FIELDS, option)) return `--${flagOf(option)}`
      return OTHER[option] ?? (SAME.has(option) ? `--${option}` : option)
    },
    phrases: { ...PHRASES, ...LACKS[command] },
  }
  speakTo(front)
}
