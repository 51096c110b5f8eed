/** Versions of TypeScript and their ways to resolve modules, with the DOM's library and without. */
import { bin } from './tools.mjs'

const RESOLUTIONS = [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
]

const row = (version) => ({
  install: [`typescript@${version}`],
  copy: ['types.mts', 'types-dom.mts', 'types-5.9.mts'],
  async test(dir) {
    const result = {}
    for (const [module, resolution] of RESOLUTIONS) {
      for (const lib of ['ES2022', 'ES2022,DOM']) {
        const files = ['types.mts']
        if (lib.includes('DOM')) files.push('types-dom.mts')
        if (Number.parseFloat(version) >= 5.9 && lib.includes('DOM')) files.push('types-5.9.mts')
        const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', lib]
        const how = ['--module', module, '--moduleResolution', resolution]
        const strict = ['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']
        result[`${resolution}, ${lib}`] = await bin(dir, 'tsc', [
          ...flags,
          ...how,
          ...strict,
          ...files,
        ])
          .then(() => 'ok')
          .catch((error) => error.message)
      }
    }
    return result
  },
})

export const types = Object.fromEntries(
  ['5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2'].map((v) => [`typescript ${v}`, row(v)]),
)
