/** What one press learns from: lists, sums, a long text, or the visitor's own. */
import type { ConfigInput } from '../config/config.js'
import type { SourceText } from './page-api.js'
import { storyText } from './story-text.js'

export interface Dataset {
  id: string
  label: string
  about: string
  /** Ends "watch them learn to ..." */
  goal: string
  source: SourceText
  config: ConfigInput
}

export function datasets(shipped: SourceText): Dataset[] {
  return [
    {
      ...{ id: 'names', label: 'Names', about: '2,787 first names', goal: 'spell names' },
      ...{ source: shipped, config: {} },
    },
    {
      ...{ id: 'text', label: 'A long text', about: 'tales, as one text', goal: 'write sentences' },
      source: { text: storyText(), name: 'the tales', mode: 'text' },
      config: { block_size: 32, batch_size: 4, num_steps: 1500 },
    },
  ]
}
