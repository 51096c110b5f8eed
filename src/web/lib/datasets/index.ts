/** The datasets that the page offers, by key, each with the configuration that suits it. */
import type { ConfigInput } from '../../../config/config.js'
import { DINOSAURS } from './dinosaurs.js'
import { PLACES } from './places.js'
import { STORY } from './story-text.js'
import { SUMS_HELD_OUT, makeSums } from './sums.js'

export interface PageDataset {
  /** Used in links and in lib/story.ts. */
  key: 'places' | 'dinosaurs' | 'sums' | 'text'
  title: string
  mode: 'docs' | 'text'
  /** Fields that differ from the tutorial preset. */
  config: ConfigInput
  valFraction: number
  /** One document per line, or the text. */
  text(): string
}

/**
 * After 5,000 steps of 16 sums, this model answers 99 % of the held-out sums correctly with each of
 * the seeds 1, 7 and 42, in 8 s on one core of a 2-core Xeon. One layer of any width stays below 10
 * %.
 */
export const SUMS_CONFIG: ConfigInput = {
  n_embd: 32,
  n_layer: 2,
  block_size: 10,
  batch_size: 16,
  learning_rate: 0.005,
  num_steps: 5000,
}

export const DATASETS: readonly PageDataset[] = [
  {
    key: 'places',
    title: 'Places',
    mode: 'docs',
    config: { block_size: 16, num_steps: 1000 },
    valFraction: 0,
    text: () => PLACES,
  },
  {
    key: 'dinosaurs',
    title: 'Dinosaurs',
    mode: 'docs',
    config: { block_size: 16, num_steps: 1000 },
    valFraction: 0,
    text: () => DINOSAURS,
  },
  {
    key: 'sums',
    title: 'Sums',
    mode: 'docs',
    config: SUMS_CONFIG,
    valFraction: SUMS_HELD_OUT,
    text: () => makeSums().join('\n'),
  },
  {
    key: 'text',
    title: 'A long text',
    mode: 'text',
    config: { n_embd: 32, block_size: 32, batch_size: 8, num_steps: 1000 },
    valFraction: 0.1,
    text: () => STORY,
  },
]
