/** The peers: how to start each, and how close its losses must be. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { checkLosses } from '../equal.js'
import { pythonWith } from './python.js'

export interface Peer {
  label: string
  /** The file of this folder that it runs. */
  program: string
  dtype: 'float32' | 'float64'
  threads: number
  /** Largest difference of its losses from ours. */
  tolerance: number
}

/** Single precision has seven digits, and losses are about 4. */
const FLOAT32 = 1e-4

export const OURS: Peer = {
  label: 'microgpt-wasm, float64',
  ...{ program: 'ours.mjs', dtype: 'float64', threads: 1, tolerance: 0 },
}

export const PEERS: readonly Peer[] = [
  { ...OURS, label: 'microgpt-wasm, float64, 2 threads', threads: 2 },
  {
    label: 'jax-js, float32',
    ...{ program: 'jax.mjs', dtype: 'float32', threads: 1, tolerance: FLOAT32 },
  },
  {
    // Its exp and log are polynomials of single precision, in float64, too.
    label: 'jax-js, float64',
    ...{ program: 'jax.mjs', dtype: 'float64', threads: 1, tolerance: FLOAT32 },
  },
  {
    label: 'TensorFlow.js, float32',
    ...{ program: 'tfjs.mjs', dtype: 'float32', threads: 1, tolerance: FLOAT32 },
  },
  {
    label: 'PyTorch, float64',
    ...{ program: 'pytorch.py', dtype: 'float64', threads: 1, tolerance: 1e-10 },
  },
  {
    label: 'PyTorch, float64, 2 threads',
    ...{ program: 'pytorch.py', dtype: 'float64', threads: 2, tolerance: 1e-10 },
  },
  {
    label: 'PyTorch, float32',
    ...{ program: 'pytorch.py', dtype: 'float32', threads: 1, tolerance: FLOAT32 },
  },
]

export interface PeerAnswer {
  /** Name, version and backend. */
  about: string
  losses: number[]
  /** Null unless it was requested. */
  msPerStep: number | null
}

/** A peer that cannot run here; the message says why. */
export class Unavailable extends Error {}

/**
 * Runs a peer on a case.
 * @param folder where its program and packages are
 * @throws {Unavailable} with the peer's message if it ends with an error
 */
export async function askPeer(
  folder: string,
  { program, dtype, threads }: Peer,
  file: string,
  mode: 'losses' | 'time',
): Promise<PeerAnswer> {
  const command = program.endsWith('.py') ? await python() : process.execPath
  const args = [join(folder, program), file, mode, dtype, `${threads}`]
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: folder }, (error, stdout, stderr) => {
      if (error) reject(new Unavailable(reasonOf(error, stderr)))
      else resolve(JSON.parse(stdout) as PeerAnswer)
    })
  })
}

/** @throws {Unavailable} where there is no Python with PyTorch */
async function python(): Promise<string> {
  const found = await (withTorch ??= pythonWith('torch'))
  if (found) return found
  const hint = 'try apt-get install python3-torch libopenblas0, or set PYTHON to one that has it'
  throw new Unavailable(`PyTorch is not installed for python3; ${hint}`)
}
let withTorch: Promise<string | null> | undefined

/** Why a program ended: the line with the error, otherwise how it ended. */
export function reasonOf(error: Error & { code?: unknown }, stderr: string): string {
  const named = /^(?:\w*Error\w*(?: \[\w+\])?|[\w$]+ \[\w*Error\w*\]): (.+)$/m.exec(stderr)
  const last = stderr.trim().split('\n').at(-1)
  return (named?.[1] ?? last) || error.message
}

/** The largest difference of a peer's losses from ours. @throws {Error} above its tolerance */
export const compare = (peer: Peer, got: PeerAnswer, want: PeerAnswer) =>
  checkLosses(peer.label, got.losses, want.losses, peer.tolerance)
