/**
 * Bundles the sources of the folder that it is started in, without the cores and the types, with
 * that folder's own scripts.
 */
import { pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'

const script = (name) => import(pathToFileURL(`${process.cwd()}/scripts/${name}`).href)
const [{ buildHost }, { nodeBundles, shared }] = await Promise.all([
  script('build-host.mjs'),
  script('node-bundles.mjs'),
])
await Promise.all([buildHost(shared), esbuild.build(nodeBundles)])
