/** The datasets to choose from: the shipped lists, sums and a text, or the visitor's own text. */
import type { ConfigInput } from '../config/config.js'
import { DATASETS } from './lib/datasets/index.js'
import type { SourceText } from './page-api.js'
import { count } from './text.js'

export interface Dataset {
  /** Used in links and in lib/story.ts. */
  key: string
  title: string
  about: string
  readonly source: SourceText
  config: ConfigInput
}

/** Fraction of the visitor's long text that is held out for validation. */
export const VAL_FRACTION = 0.1

export function datasets(names: SourceText): Dataset[] {
  const linesOf = (text: string) => count(text.trim().split('\n').length)
  const shipped: Dataset = {
    ...{ key: 'names', title: 'Names', about: `${linesOf(names.text)} names` },
    ...{ source: names, config: {} },
  }
  const others = DATASETS.map(({ key, title, mode, config, valFraction, text }): Dataset => {
    const size = () =>
      mode === 'text' ? `${count(text().length)} letters` : `${linesOf(text())} lines`
    let source: SourceText | undefined
    return {
      key,
      title,
      config,
      about: key === 'sums' ? '12+7=19' : size(),
      // Made when it is first needed: the sums take as long as the rest of the page.
      get source() {
        const name = `the shipped ${title.toLowerCase().replace(/^a /, '')}`
        source ??= { text: text(), name, mode, valFraction }
        return source
      },
    }
  })
  return [shipped, ...others]
}

/** The key of the dataset that a text belongs to; 'own' for the visitor's text. */
export const datasetOf = (list: readonly Dataset[], { text, mode }: SourceText) =>
  list.find(({ source }) => source.mode === mode && source.text === text)?.key ?? 'own'
