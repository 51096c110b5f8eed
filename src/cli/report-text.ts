/** Reports a run as text: lines like those of microgpt.py, and a progress line on a terminal. */
import type { Output } from './output.js'
import { Progress, stepLine } from './progress.js'
import type { Report } from './report.js'
import { visible, visibleLines } from './visible.js'

/** At most 20 updates per second: more would only flicker. */
const REDRAW_MS = 50
const CLEAR = '\r\x1b[K'

/** Where the report is written. */
export type Screen = Pick<Output, 'live' | 'width' | 'dim' | 'write'>

/**
 * @param total steps of the whole run
 * @param logEvery steps between plain lines; by default a tenth of `total`, on a terminal no lines
 */
export function textReport(out: Screen, total: number, logEvery: number | undefined): Report {
  const { live } = out
  const every = logEvery ?? (live ? Infinity : Math.max(1, Math.floor(total / 10)))
  let progress: Progress | null = null
  let drawn = 0
  let long = false
  const draw = (now: number) => {
    // Leave the last column free: some terminals wrap as soon as it is filled.
    if (progress) out.write(`${CLEAR}${progress.line(now, out.width - 1)}`)
    drawn = now
  }
  return {
    start({ mode, numDocs, numCut, numChars, numVal, vocabSize, numParams, threads, config }) {
      long = mode === 'text'
      const data = long ? `num chars: ${numChars ?? 0}` : `num docs: ${numDocs}`
      const facts = [
        ...(numVal === undefined ? [] : [`${numVal} held out`]),
        ...(numCut ? [`${numCut} cut to block_size ${config.block_size}`] : []),
      ]
      const more = facts.length ? ` (${facts.join(', ')})` : ''
      out.write(`${data}${more}\nvocab size: ${vocabSize}\nnum params: ${numParams}\n`)
      if (threads !== undefined) out.write(`threads: ${threads}\n`)
      drawn = performance.now()
      if (live) progress = new Progress(total, drawn)
    },
    step(step) {
      progress?.add(step)
      const first = step.step === 1 && every !== Infinity
      const validated = step.valLoss !== undefined && every !== Infinity
      const due = first || validated || step.step % every === 0
      // On a terminal the progress line already shows the last step.
      const wanted = step.step === total ? !progress : due
      if (wanted) out.write(`${progress ? CLEAR : ''}${stepLine(step, total)}\n`)
    },
    pause(now) {
      if (progress && now - drawn >= REDRAW_MS) draw(now)
    },
    trained(now) {
      if (progress?.line(now, out.width)) {
        draw(now)
        out.write('\n')
      }
      progress = null
    },
    sample(index, text) {
      const shown = long ? `\n${visibleLines(text)}` : ` ${visible(text)}`
      out.write(`${out.dim(`sample ${String(index).padStart(2)}:`)}${shown}\n`)
    },
    end({ steps, seconds, valLoss, interrupted, saved }) {
      if (interrupted) return
      const each = steps > 0 ? `, ${((1e6 * seconds) / steps).toFixed(1)} µs/step` : ''
      const val = valLoss === undefined ? '' : `, validation included; val ${valLoss.toFixed(4)}`
      const kept = saved === undefined ? '' : `; saved to ${visible(saved)}`
      out.write(out.dim(`${steps} steps in ${seconds.toFixed(3)} s${each}${val}${kept}`) + '\n')
    },
  }
}
