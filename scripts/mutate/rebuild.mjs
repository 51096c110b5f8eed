/**
 * Bundles the sources of the folder that it is started in, without the cores and the types, with
 * that folder's own scripts.
 */
import { pathToFileURL } from 'node:url'
import { removeOldChunks } from './chunks.mjs'

const script = (name) => import(pathToFileURL(`${process.cwd()}/scripts/${name}`).href)
const [{ buildLibrary }, { buildPrograms }] = await Promise.all([
  script('build-library.mjs'),
  script('build-programs.mjs'),
])
const began = new Date()
await Promise.all([buildLibrary(), buildPrograms()])
removeOldChunks('build', began)
