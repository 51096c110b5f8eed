/** The fenced code blocks of the documentation, and the programs that they make. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Pages whose code blocks run as tests. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(`${root}/docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export interface Block {
  language: string
  /** The rest of the fence: the file that the code belongs to. Such a block is no program. */
  file: string
  code: string
  /** Line of the opening fence, from 1. */
  line: number
  /** Whether only blank lines are between the previous block and this one. */
  adjacent: boolean
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  let adjacent = false
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```(\w*) ?(.*)/.exec(lines[i]!)
    if (!fence) {
      if (lines[i]!.trim() !== '') adjacent = false
      continue
    }
    const end = lines.indexOf('```', i + 1)
    const code = lines.slice(i + 1, end).join('\n')
    blocks.push({ language: fence[1]!, file: fence[2]!, code, line: i + 1, adjacent })
    adjacent = true
    i = end
  }
  return blocks
}

export const pageBlocks = (page: string) => blocksOf(readFileSync(`${root}/${page}`, 'utf8'))

/** A program of a page, and what each of its blocks must print. */
export interface Program {
  line: number
  /** TypeScript, with MARK printed after each block. */
  source: string
  /** The same in JavaScript. */
  code: string
  /** Output of each block; null where the page shows none. */
  outputs: (string | null)[]
}

export const MARK = '\u241e end of block'

/**
 * The programs of a page: a `ts` or `js` block that begins with an import starts a new one, and the
 * following blocks continue it. A `text` block right after a block is its exact output.
 */
export function programsOf(blocks: readonly Block[]): Program[] {
  const programs: { line: number; source: string[]; outputs: (string | null)[] }[] = []
  let last = ''
  for (const { language, file, code, line, adjacent } of blocks) {
    if (file !== '') continue
    if (language === 'ts' || language === 'js') {
      if (/^(\/\/.*\n)*import /.test(code)) programs.push({ line, source: [], outputs: [] })
      const program = programs.at(-1)
      if (!program) throw new Error(`line ${line}: the first block of a program needs its imports`)
      program.source.push(code, `console.log(${JSON.stringify(MARK)})`)
      program.outputs.push(null)
    } else if (language === 'text' && adjacent && (last === 'ts' || last === 'js')) {
      programs.at(-1)!.outputs.splice(-1, 1, code)
    }
    last = language
  }
  return programs.map(({ line, source, outputs }) => {
    const text = source.join('\n')
    const { code } = transformSync(text, { loader: 'ts', format: 'esm' })
    return { line, source: text, code, outputs }
  })
}
