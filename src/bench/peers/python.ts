/** Which Python has a package: a version manager's often lacks what the system's has. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** $PYTHON, the one on the PATH, the system's. */
const candidates = () =>
  [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((path): path is string => !!path)

/** The first Python that can import a module; null where none can. */
export async function pythonWith(module: string): Promise<string | null> {
  for (const python of new Set(candidates())) {
    const found = await promisify(execFile)(python, ['-c', `import ${module}`]).catch(() => null)
    if (found) return python
  }
  return null
}
