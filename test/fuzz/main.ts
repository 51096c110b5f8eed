/**
 * npm run fuzz -- --seconds 60        on new seeds
 * npm run fuzz -- --seed 123456       the programs and checkpoints from this seed on, again
 */
import { parseArgs } from 'node:util'
import { type MutationCount, fuzzMutation } from './mutations.js'
import { type ProgramCount, fuzzProgram } from './programs.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, seed: { type: 'string' } },
})
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32))
const end = performance.now() + 1000 * Number(values.seconds)
const programs: ProgramCount = { programs: 0, ops: 0, refused: 0, probed: 0 }
const checkpoints: MutationCount = {}
if (!Number.isSafeInteger(first) || !Number.isFinite(end)) {
  console.error('fuzz: --seconds and --seed take a number each')
  process.exit(2)
}
console.log(`seeds from ${first} on, for ${values.seconds} s`)

let seed = first
try {
  for (; performance.now() < end; seed++) {
    await fuzzProgram(seed, programs)
    for (let i = 0; i < 10; i++) await fuzzMutation(10 * seed + i, checkpoints)
  }
} catch (error) {
  console.error(error)
  console.error(`fuzz: failed; to see it again: npm run fuzz -- --seconds 1 --seed ${seed}`)
  process.exit(1)
}
console.log('programs', programs)
console.log('checkpoints', checkpoints)
