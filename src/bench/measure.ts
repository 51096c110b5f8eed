/**
 * One measurement in a separate process, so that no engine runs in the heap or the optimized code
 * of another. Run by child.ts: `node measure.js ENGINE WHAT REST`; prints one JSON line.
 */
import { type MeasuredEngine, MEASURES, type What } from './measures.js'
import { REAL } from './real.js'

const [engine, what, rest] = process.argv.slice(2) as [MeasuredEngine, What, string]
console.log(JSON.stringify(await MEASURES[what](REAL, engine, rest)))
