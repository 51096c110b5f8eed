/**
 * Bundles that people download: esbuild puts them together, rolldown's minifier, which finds some 5 %
 * more than esbuild's, makes them small.
 */
import { writeFile } from 'node:fs/promises'
import * as esbuild from 'esbuild'
import { minify } from 'rolldown/utils'
import { slimLoader } from './slim-loader.mjs'

/**
 * @param options esbuild's; with `write: false` the files are only returned
 * @returns of each file its path and text
 */
export async function bundleForBrowsers({ plugins = [], define, ...options }) {
  const { outputFiles } = await esbuild.build({
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
    ...options,
    write: false,
    // Fields that a constructor sets need no declaration of their own.
    tsconfigRaw: { compilerOptions: { alwaysStrict: true, useDefineForClassFields: false } },
    // Only the bundles in one file have a core inside.
    define: { INLINE_CORE: 'undefined', BUILT: 'true', ...define },
    plugins: [slimLoader, ...plugins],
  })
  const module = options.format === 'esm'
  return Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const { code, errors } = await minify(path, text, {
        module,
        compress: { target: options.target },
        mangle: { toplevel: module },
      })
      if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
      if (options.write !== false) await writeFile(path, code)
      return { path, text: code }
    }),
  )
}
