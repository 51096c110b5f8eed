/**
 * The program of `npm run bench:peers`, which scripts/peers.mjs bundles into build/peers and
 * starts.
 */
import { fileURLToPath } from 'node:url'
import { benchPeers } from './bench.js'

try {
  process.exitCode = await benchPeers(
    process.argv.slice(2),
    fileURLToPath(new URL('.', import.meta.url)),
  )
} catch (error) {
  process.stderr.write(`bench:peers: ${(error as Error).message}\n`)
  process.exitCode = 1
}
