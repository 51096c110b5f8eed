/** The comparison as text or Markdown. */
import { difference, lines, number, grouped } from '../lines.js'
import type { PeerResult, PeersReport } from './sweep.js'

export function peersTable(report: PeersReport, markdown: boolean): string {
  const there = report.results.filter(({ missing }) => missing === null)
  const columns = ['ms per step', ...report.widths.map(({ n_embd }) => `n_embd ${n_embd}`)]
  const counts = ['parameters', ...report.widths.map(({ numParams }) => grouped(numParams))]
  const rows = there.map(({ label, ms }) => [
    label,
    ...report.widths.map(({ n_embd }) => (n_embd in ms ? number(ms[n_embd]!) : '-')),
  ])
  const item = (text: string) => `- ${text}`
  return [
    'One layer, 4 heads, block 32, batch 16, vocabulary 65; the same weights and batches for all',
    report.machine,
    '',
    ...lines(columns, [counts, ...rows], markdown),
    '',
    ...there.slice(1).map((result) => item(agreement(result))),
    ...report.results.filter((result) => result.missing !== null).map((one) => item(absence(one))),
    '',
    verdict(report),
  ].join('\n')
}

function agreement({ label, about, lossDifference, tolerance }: PeerResult): string {
  const most = tolerance === 0 ? 'required: equal' : `allowed: ${tolerance}`
  return `${label}: ${about}; losses within ${difference(lossDifference)} of ours (${most})`
}

const absence = ({ label, missing }: PeerResult) => `${label}: not available: ${missing}`

/** Which engine is faster than ours, and from which width on. */
export function verdict({ results, widths }: PeersReport): string {
  const [ours] = results
  const there = results.filter((peer) => !peer.own && peer.missing === null)
  if (there.length === 0) return 'No other engine was available.'
  const most = Math.max(...widths.map(({ n_embd }) => n_embd))
  const passing = there.filter((peer) => peer.passesAt !== null)
  const said = passing.map(({ label, passesAt }) => `${label} is faster from n_embd ${passesAt} on`)
  const rest = there.filter((peer) => peer.passesAt === null).map(({ label }) => label)
  if (rest.length > 0) {
    const none =
      passing.length === 0 ? 'no other engine is faster' : `${rest.join('; ')}: not faster`
    said.push(`${none} up to ${most}`)
  }
  return `Against ${ours!.label}, on one thread: ${said.join('; ')}.`
}
