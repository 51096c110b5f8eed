/** Documents through the model on several threads: a chunk for each of them at a time. */
import type { Adam } from '../adam.js'
import { cutChunks } from '../chunks.js'
import type { Config } from '../config.js'
import type { StateDict } from '../state-dict.js'
import { type Doc, DocumentPass, type Pass } from '../train.js'
import type { Team } from './team.js'

/** Ends the threads of models that nobody holds any more. */
const forgotten = new FinalizationRegistry((stop: () => void) => stop())

export class TeamPass extends DocumentPass {
  private readonly team: Team

  constructor(team: Team, stateDict: StateDict, config: Config, vocabSize: number) {
    super(team.arena, stateDict, config, vocabSize, team.size)
    this.team = team
    forgotten.register(this, team.stopper)
  }

  /** Ends the threads. */
  override free(): void {
    this.team.stopper()
  }

  protected override run(passes: readonly Pass[]): void {
    this.team.forward(passes)
  }

  protected override runBack(passes: readonly Pass[], seed: number, first: boolean): void {
    this.team.backward(passes, seed, first)
  }

  protected override update(adam: Adam, lr: number): void {
    adam.update(lr, this.team.update)
  }

  protected override eachRound(
    docs: readonly Doc[],
    then: (passes: readonly Pass[]) => void,
  ): void {
    const lengths = this.lengthsOf(docs)
    const { places, rows } = this
    const size = places.length
    const ends = cutChunks(lengths, rows, size)
    for (let first = 0; first < ends.length; first += size) {
      const fill = () => {
        const passes: Pass[] = []
        for (let i = first; i < Math.min(first + size, ends.length); i++) {
          passes.push(this.put(places[i - first]!, docs, lengths, ends[i - 1] ?? 0, ends[i]!))
        }
        return passes
      }
      const { age } = this
      const passes = fill()
      // When the tape has been cleared meanwhile, the passes before that are gone.
      then(age === this.age ? passes : fill())
    }
  }
}
