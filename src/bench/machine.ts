/** The machine where figures are measured, in one line. */
import { cpus } from 'node:os'

export function machine(): string {
  const cores = cpus()
  const node = `Node ${process.version} (V8 ${process.versions.v8})`
  return `${cores[0]?.model ?? 'unknown CPU'}, ${cores.length} cores, ${process.platform}, ${node}`
}
