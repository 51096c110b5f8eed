/**
 * A process that saves one model after the other, each with its number for a step: so many, or
 * until it is killed.
 */
import { readFileSync, writeSync } from 'node:fs'
import { ModelFile } from '../../src/cli/files.js'

const [model, path, first, count = Infinity] = process.argv.slice(2)
const bytes = readFileSync(model!)
const at = bytes.indexOf('"step":"100000"') + '"step":"'.length
const file = new ModelFile(path!)
for (let step = Number(first); step < Number(first) + Number(count); step++) {
  bytes.write(String(step), at)
  writeSync(1, `begin ${step}\n`)
  file.write([bytes])
  writeSync(1, `done ${step}\n`)
}
file.release()
