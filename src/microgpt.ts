/** The front door, whole: what trains and samples can be kept, too. */
import { markOf, writeCheckpoint } from './checkpoint-writer.js'
import { checkOptions } from './config.js'
import { MicroGPT as DropIn } from './drop-in.js'
import type { CreateOptions, LoadOptions } from './options.js'

export type * from './options.js'

export class MicroGPT extends DropIn {
  static override create(options: CreateOptions): Promise<MicroGPT> {
    return super.create(options) as Promise<MicroGPT>
  }

  static override load(bytes: Uint8Array, options?: LoadOptions): Promise<MicroGPT> {
    return super.load(bytes, options) as Promise<MicroGPT>
  }

  /**
   * The model as a safetensors file: equal models give equal bytes.
   * @param options.optimizer whether to hold all that the next training step depends on, too
   * @throws {CheckpointError} when a number is not finite
   */
  save(options: { optimizer?: boolean } = {}): Uint8Array {
    checkOptions('save', options, ['optimizer'])
    const { arena } = this.live()
    if (!options.optimizer) return writeCheckpoint(this, arena)
    const { docsSeen, valFraction } = this
    this.mark ??= markOf(this.corpus.all, valFraction)
    const run = { ...this.mark, docsSeen, valFraction, random: this.random.save() }
    return writeCheckpoint(this, arena, run)
  }
}
