/**
 * A process that takes a file, and lets go of it, when it is told to: for tests that hold it up at each
 * of its calls. What it has done it reports by looking at a file of that name.
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
