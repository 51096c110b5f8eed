/** What the page is told about a model and its documents; texts are shortened for display. */
import type { DataSummary, Ready, Restored, SourceText } from '../page-api.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import { short } from '../text.js'
import type { Engine } from './engine.js'

const FIRST_DOCS = 120

export function readyOf(
  engine: Engine,
  mode: Ready['mode'],
  name: Ready['engine'],
  restored?: Restored,
): Ready {
  const { config, numParams, tokenizer, docs } = engine
  const { block_size } = config
  const counts = engine instanceof MicroGPT ? engine.counts : { train: docs.length, val: 0 }
  // A document of n characters has n + 1 positions; the model sees the first block_size.
  const cutDocs = docs.filter((doc) => doc.length >= block_size && [...doc].length >= block_size)
  return {
    engine: name,
    mode: engine instanceof MicroGPT ? engine.mode : mode,
    config,
    numParams,
    vocabSize: tokenizer.vocabSize,
    numDocs: counts.train,
    numVal: counts.val,
    cut: cutDocs.length,
    firstDocs: docs.slice(0, FIRST_DOCS).map((doc) => short(doc)),
    chars: tokenizer.chars,
    ...(restored && { restored }),
  }
}

/** The alphabet, and the longest document or the length of a text. */
export function summarise({
  mode,
  text,
  docs,
}: SourceText & { docs: readonly string[] }): DataSummary {
  const pieces = mode === 'text' ? [text] : docs
  const chars = new Set<string>()
  let longest = 0
  let longestDoc = ''
  for (const piece of pieces) {
    let length = 0
    for (const char of piece) {
      chars.add(char)
      length++
    }
    if (length > longest) {
      longest = length
      longestDoc = piece
    }
  }
  const sorted = [...chars].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  const numDocs = docs.length
  return { mode, numDocs, chars: sorted, longest, longestDoc: short(longestDoc) }
}
