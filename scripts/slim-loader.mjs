/**
 * For bundles that people download: the loader without what serves a managed heap (strings, arrays,
 * pinning), which the core does not have. That is three quarters of the loader.
 */
import { readFile } from 'node:fs/promises'

const WHOLE = /function postInstantiate\([^]*?\n}\n/
const SLIM = `function postInstantiate(extendedExports, { exports }) {
  return demangle(exports, extendedExports)
}
`

export const slimLoader = {
  name: 'slim-loader',
  setup(build) {
    build.onLoad({ filter: /@assemblyscript[/\\]loader[/\\]index\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!WHOLE.test(text)) throw new Error(`${path} has changed: look at slim-loader.mjs again`)
      return { contents: text.replace(WHOLE, SLIM) }
    })
  },
}
