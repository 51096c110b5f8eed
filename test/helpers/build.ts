/** Builds what the tests load, once, if a source is newer than the last build. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export default function build(): void {
  const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))
  execFileSync(process.execPath, [script, '--if-stale'], { stdio: 'inherit' })
}
