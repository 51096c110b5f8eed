/** The loss curves as CSV; every number has full precision, so that it reads back exactly. */
import type { ChartRun } from './app.js'

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`

export function toCsv(runs: readonly ChartRun[]): string {
  const lines = ['run,step,loss,smoothed,lr']
  for (const { name, log } of runs) {
    for (let i = 0; i < log.length; i++) {
      const { step, loss, smoothed, lr } = log.at(i)
      lines.push([quoted(name), step, loss, smoothed, lr].join(','))
    }
  }
  return `${lines.join('\n')}\n`
}
