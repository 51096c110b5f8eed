/** This package and each peer at several widths: first losses, then milliseconds per step. */
import { median } from '../time.js'
import { type PeerAnswer, OURS, type Peer, Unavailable, compare } from './peers.js'

export interface PeerResult {
  label: string
  /** Whether it is this package itself. */
  own: boolean
  /** Name, version and backend; null if it never answered. */
  about: string | null
  tolerance: number
  /** The largest difference of its losses from ours. */
  lossDifference: number
  /** Why it was not measured, or null. */
  missing: string | null
  /** Milliseconds per step, by width. */
  ms: Record<number, number>
  /** Time relative to ours on one thread in the same round, by width. */
  ratio: Record<number, number>
  /** The first width from which on it is faster than ours, or null. */
  passesAt: number | null
}

export interface PeersReport {
  machine: string
  widths: { n_embd: number; numParams: number }[]
  /** Ours on one thread first. */
  results: PeerResult[]
}

export interface Width {
  n_embd: number
  numParams: number
  /** The case's JSON. */
  file: string
}

/** Asks a peer: askPeer() of peers.ts, or what a test puts there. */
export type Ask = (peer: Peer, file: string, mode: 'losses' | 'time') => Promise<PeerAnswer>

/**
 * At each width the losses are compared first, and again in the timed runs. Then, round by round,
 * each peer is timed in a new process. Whether it is faster is decided by the median of the ratios
 * within a round, so that noise of the machine affects both. A peer that is not available is left
 * out, with the reason.
 * @throws {Error} if a peer's losses differ from ours
 */
export async function sweep(
  peers: readonly Peer[],
  widths: readonly Width[],
  rounds: number,
  askPeer: Ask,
  say: (text: string) => void,
): Promise<PeerResult[]> {
  const results = new Map([OURS, ...peers].map((peer) => [peer, blank(peer)]))
  for (const { n_embd, file } of widths) {
    const want = await askPeer(OURS, file, 'losses')
    const able: Peer[] = []
    for (const [peer, result] of results) {
      if (result.missing !== null) continue
      say(`n_embd ${n_embd}: losses of ${peer.label}`)
      const got = await askPeer(peer, file, 'losses').catch((error: unknown) => {
        if (!(error instanceof Unavailable)) throw error
        result.missing = error.message
        return null
      })
      if (!got) continue
      result.about = got.about
      result.lossDifference = Math.max(result.lossDifference, compare(peer, got, want))
      able.push(peer)
    }
    const times = new Map<Peer, number[]>(able.map((peer) => [peer, []]))
    for (let round = 1; round <= rounds; round++) {
      for (const [peer, each] of times) {
        say(`n_embd ${n_embd}, round ${round} of ${rounds}: ${peer.label}`)
        const timed = await askPeer(peer, file, 'time')
        compare(peer, timed, want)
        each.push(timed.msPerStep!)
      }
    }
    const ours = times.get(OURS)!
    for (const [peer, each] of times) {
      const result = results.get(peer)!
      result.ms[n_embd] = median(each)
      result.ratio[n_embd] = median(each.map((ms, round) => ms / ours[round]!))
    }
  }
  for (const result of results.values()) result.passesAt = passesAt(result.ratio)
  return [...results.values()]
}

const blank = ({ label, program, tolerance }: Peer): PeerResult => ({
  own: program === OURS.program,
  ...{ label, about: null, tolerance, lossDifference: 0, missing: null, ms: {}, ratio: {} },
  passesAt: null,
})

/** The smallest width from which on all ratios are below 1, or null. */
export function passesAt(ratio: Readonly<Record<number, number>>): number | null {
  let from: number | null = null
  const widths = Object.keys(ratio).map(Number)
  for (const n of widths.toSorted((a, b) => b - a)) {
    if (!(ratio[n]! < 1)) break
    from = n
  }
  return from
}
