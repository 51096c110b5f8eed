/**
 * For bundles that people download: the loader without what the core has no use for. It has no
 * managed heap (strings, arrays, pinning), no classes, and comes as a compiled module. What stays
 * is the start, and the abort that the asserts of the debug core call.
 */
import { readFile } from 'node:fs/promises'

/** The message of an assert is short: it needs no decoder. */
const GET_STRING = `function getStringImpl(buffer, ptr) {
  const length = new Uint32Array(buffer)[ptr + SIZE_OFFSET >>> 2] >>> 1
  return String.fromCharCode(...new Uint16Array(buffer, ptr, length))
}
`
/** Plain functions need no wrapping. */
const POST_INSTANTIATE = `function postInstantiate(extendedExports, { exports }) {
  return Object.assign(extendedExports, exports)
}
`
/** What is cut out, and what stands there instead. */
const CUTS = [
  [/\/\*\* polyfill for Object\.hasOwn \*\/[^]*?\n};\n/, ''],
  [/const utf16 = .*\n/, ''],
  [/ {4}if \(!memory\) return .*\n/, ''],
  [/function getStringImpl\([^]*?\n}\n/, GET_STRING],
  [/  env\.trace = [^]*?\|\| Date;\n/, ''],
  [/function postInstantiate\([^]*?\n}\n/, POST_INSTANTIATE],
  [/  if \(isResponse\(source = await source\)\) return .*\n/, ''],
  [/isModule\(source\) \? source : await WebAssembly\.compile\(source\)/, 'source'],
]

export const slimLoader = {
  name: 'slim-loader',
  setup(build) {
    build.onLoad({ filter: /@assemblyscript[/\\]loader[/\\]index\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8')
      for (const [what, instead] of CUTS) {
        if (!what.test(contents)) throw new Error(`${path} has changed: look at ${what} again`)
        contents = contents.replace(what, () => instead)
      }
      return { contents }
    })
  },
}
