/** What the page is told of a model and of its documents; texts are cut for the screen. */
import type { DataSummary, Ready, Taken } from '../messages.js'
import { short } from '../text.js'
import type { Engine } from './engine.js'

const FIRST_DOCS = 120

export function readyOf(
  { config, numParams, tokenizer, docs }: Engine,
  engine: Ready['engine'],
  taken?: Taken,
): Ready {
  const { block_size } = config
  // A document of n characters has n + 1 positions; its first block_size are seen.
  const cutDocs = docs.filter((doc) => doc.length >= block_size && [...doc].length >= block_size)
  return {
    engine,
    config,
    numParams,
    vocabSize: tokenizer.vocabSize,
    numDocs: docs.length,
    cut: cutDocs.length,
    firstDocs: docs.slice(0, FIRST_DOCS).map((doc) => short(doc)),
    chars: tokenizer.chars,
    ...(taken && { taken }),
  }
}

export function summarise(docs: readonly string[]): DataSummary {
  const chars = new Set<string>()
  let longest = 0
  let longestDoc = ''
  for (const doc of docs) {
    let length = 0
    for (const char of doc) {
      chars.add(char)
      length++
    }
    if (length > longest) {
      longest = length
      longestDoc = doc
    }
  }
  const sorted = [...chars].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  return { numDocs: docs.length, chars: sorted, longest, longestDoc: short(longestDoc) }
}
