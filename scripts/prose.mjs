/**
 * A small prose linter: finds phrases in tracked text files that are hard to read or out of use.
 *
 *     node scripts/prose.mjs           check all files; exit code 1 when a phrase is found
 *     node scripts/prose.mjs FILE...   check these files
 *
 * Of Markdown all text is checked, of code the comments and the titles of tests.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** Each phrase with what to write instead. */
export const PHRASES = [
  [
    /\b(?:steps?|documents?|ms|µs|us|ns|records?|tokens|lines?) an? (?:step|second|line|document|parameter|position|layer)\b/,
    'per',
  ],
  [
    /\ban? (?:document|name|op|list|object|Value) an? (?:line|file|layer|number)\b/,
    'one ... per ...',
  ],
  [/\bsome \d/, 'about'],
  [/\bhas not\b(?! (?:been|changed|finished|taken|visited|yet))/, 'does not have, lacks'],
  [/\b(?:take|takes|taken|taking) up\b(?! to)/, 'resume, continue'],
  [/\bat (?:its|their|his) word\b/, 'without checking'],
  [/\b(?:is|are|be) to be had\b|\bcan(?:not)? be had\b/, 'is available'],
  [/\breckon(?:ed|s)?\b/, 'compute, estimate'],
  [/\bof (?:its|their|one's|your|his) own\b/, 'its own X, a separate X'],
  [/\bnobody need\b|\bwhoever\b/, 'no one needs to, you'],
  [/\blikeliest\b/, 'most likely'],
  [/\bat the (?:most|least)\b/, 'at most, at least'],
  [/\btwins?\b/, 'reference engine'],
  [/\bfor ever\b/, 'forever'],
  [/\bin plain sight\b|\ball the same\b/, 'leave out'],
  [/\bneighbour|\bbehaviour|\binitialis(?!e\b)|\brecognis|\bcolour/, 'American spelling'],
  [/\blies? (?:in|on|at|over|beside|behind|between|outside)\b/, 'is'],
  [/\bstands? (?:in|on|at|behind|beside|between|before)\b/, 'is'],
]

/** The linter's own texts, which name the phrases, and data. */
const LEFT_OUT =
  /^(?:(?:test\/)?scripts\/(?:mutate|prose)|\.ci\/|src\/data\/names\.ts|LICENSE|package)/

/** The text of a file that people read, as [line number, text]. */
export function proseOf(file, text) {
  const lines = text.split('\n').map((line, i) => [i + 1, line])
  if (file.endsWith('.md')) return lines
  const comment = /^\s*(?:\/\*\*?|\*|\/\/|#) ?(.*)|\s\/\/ (.*)$/
  const title = /\b(?:test|describe)\b.*?\((['"`])(.*?)\1, (?:async )?\(|^\s*\]\)\((['"`])(.*?)\3,/
  return lines.flatMap(([number, line]) => {
    const found = comment.exec(line) ?? title.exec(line)
    return found ? [[number, found.slice(1).findLast(Boolean) ?? '']] : []
  })
}

/** What to change in a text, as messages. */
export function findings(file, text) {
  return proseOf(file, text).flatMap(([number, line]) =>
    PHRASES.flatMap(([phrase, instead]) => {
      const found = phrase.exec(line.replaceAll(/`[^`]*`/g, ''))
      return found ? [`${file}:${number}: "${found[0]}"; write: ${instead}`] : []
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tracked = () => execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')
  const named = process.argv.slice(2)
  const files = (named.length > 0 ? named : tracked())
    .filter((file) => /\.(?:md|ts|mjs|html|py)$/.test(file))
    .filter((file) => !LEFT_OUT.test(file))
  const all = files.flatMap((file) => findings(file, readFileSync(file, 'utf8')))
  for (const finding of all) process.stdout.write(`${finding}\n`)
  if (all.length > 0) process.exitCode = 1
}
