/**
 * A process that locks a file and unlocks it, again and again. Tests stop it before each of its file
 * system calls. It reports its state by a call that looks for a file of that name.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ModelFile } from '../../src/cli/files.js'
import { CheckpointError } from '../../src/errors.js'

const path = process.argv[2]!
const report = (word: string) => existsSync(join(dirname(path), word))

for (;;) {
  report('idle')
  try {
    const file = new ModelFile(path)
    report('holds')
    file.release()
  } catch (error) {
    if (!(error instanceof CheckpointError) || error.code !== 'locked') throw error
    report('refused')
  }
}
