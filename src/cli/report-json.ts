/** Reports a run as JSON: one object per line, numbers at full precision. */
import type { Output } from './output.js'
import { type Report, SILENT } from './report.js'
import { jsonLine } from './visible.js'

export function jsonReport(out: Output): Report {
  const put = (type: string, fields: object) => out.write(jsonLine({ type, ...fields }))
  return {
    ...SILENT,
    start: (run) => put('start', run),
    step: ({ step, loss, lr, valLoss }) => put('step', { step, loss, lr, valLoss }),
    sample: (index, text) => put('sample', { index, text }),
    end: (run) => put('end', run),
  }
}
