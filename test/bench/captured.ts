/** A command in this process: what it writes, and its exit code or its error. */
import { vi } from 'vitest'

export async function captured(command: () => Promise<number>) {
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text)
      return true
    })
  }
  try {
    return { code: await command(), error: null, ...written }
  } catch (error) {
    return { code: null, error: error as Error, ...written }
  } finally {
    vi.restoreAllMocks()
  }
}
