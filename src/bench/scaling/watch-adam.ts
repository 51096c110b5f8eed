/** A watch on Adam.update, which train calls once per step. */
import { Adam } from '../../engine/adam.js'
import type { AdamWatch, Clock } from '../setup.js'

export function watchAdam(now: Clock): AdamWatch {
  const { update } = Adam.prototype
  let ms = 0
  Adam.prototype.update = function (...args) {
    const start = now()
    update.apply(this, args)
    ms += now() - start
  }
  return { ms: () => ms, stop: () => (Adam.prototype.update = update) }
}
