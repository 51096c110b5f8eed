/** Errors on the page name its controls, where the library names options. */
import { expect, test } from 'vitest'
import { PHRASES, type Phrase, advice, term } from '../../src/config/terms.js'
import { resolveConfig } from '../../src/config/config.js'
import { speakPage } from '../../src/web/terms.js'

/** The message of a config that is refused. */
function refusal(): string {
  try {
    resolveConfig('tutorial', { grad_clip: -1 })
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test('a field that can be off is turned off with the word that its control takes', () => {
  expect(refusal()).toMatch(/\bnull\b/)
  speakPage()
  expect(refusal()).toMatch(/\boff\b/)
  expect(refusal()).not.toMatch(/\bnull\b/)
})

test('no advice of the page names an option of the library', () => {
  speakPage()
  for (const phrase of Object.keys(PHRASES) as Phrase[]) {
    expect(advice(phrase), phrase).not.toMatch(/\bgive (?!a text)|valFraction|optimizer|null|docs/)
  }
  expect(['docs', 'text', 'n_embd'].map(term)).toEqual([
    'a text under Your data',
    'a text under Your data',
    'n_embd',
  ])
})
