/** Every program and command in the documentation runs, and prints what the page shows. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { MARK, PAGES, blocksOf, pageBlocks, programsOf, root } from './blocks.js'

const run = promisify(execFile)
/** A folder per page, with the files that the commands use. */
const top = mkdtempSync(join(tmpdir(), 'microgpt-docs-'))
const folderOf = (page: string) => join(top, page.replaceAll('/', '-'))
const given = join(top, 'given')
beforeAll(async () => {
  mkdirSync(given)
  writeFileSync(join(given, 'names.txt'), NAMES)
  writeFileSync(join(given, 'book.txt'), 'It was a dark and stormy night. '.repeat(40))
  await command('train --data names.txt --steps 20 --out model.safetensors', given)
  for (const page of PAGES) cpSync(given, folderOf(page), { recursive: true })
})
afterAll(() => rmSync(top, { recursive: true }))

/** Commands that are too slow for a test, need a network, or never end: their script must exist. */
const NOT_RUN =
  /^(npm (ci|install|test)\b|npm run (bench|web|mutate|coverage|fuzz|check|test|docs|build|format)|npx microgpt-wasm web|npx (vitest|prettier)|node examples|python3? |torchrun )/

/** What a command of the package runs: the same program, without looking for a newer build. */
const PROGRAM =
  /^(?:(?:npx )?microgpt-wasm|npm run) (train|sample|inspect|export)\b(?: --(?= ))?(.*)$/

for (const page of PAGES) {
  const blocks = pageBlocks(page)

  for (const { line, code, outputs } of programsOf(blocks)) {
    test(`${page}: the program of line ${line}`, async () => {
      const args = ['--input-type=module', '--eval', code]
      const { stdout } = await run(process.execPath, args, { cwd: root })
      const printed = stdout.split(`${MARK}\n`).slice(0, -1)
      expect(printed).toHaveLength(outputs.length)
      outputs.forEach((output, i) => output !== null && expect(printed[i]).toBe(`${output}\n`))
    })
  }

  for (const { code, line } of blocks.filter(({ language }) => language === 'sh')) {
    const commands = code
      .replaceAll(/ *\\\n */g, ' ')
      .split('\n')
      .map((one) => one.replace(/ +#.*/, ''))
    test(`${page}: the commands of line ${line}`, async () => {
      for (const words of commands.filter((one) => one !== '')) {
        const [, name, flags] = PROGRAM.exec(words) ?? []
        if (name) {
          await command(`${name} ${flags!.trim()}`, folderOf(page))
        } else {
          expect(words).toMatch(NOT_RUN)
          const [, script] = /npm run ([\w:]+)/.exec(words) ?? []
          if (script) expect(Object.keys(scripts())).toContain(script)
        }
      }
    })
  }

  for (const { code, line } of blocks.filter(({ language }) => language === 'html')) {
    test(`${page}: the page of line ${line} is a file of examples/`, () => {
      const [, file] = /examples\/([\w-]+\.html)/.exec(before(page, line)) ?? []
      expect(file, 'the text above names the file').toBeDefined()
      expect(`${code}\n`).toBe(readFileSync(`${root}/examples/${file}`, 'utf8'))
    })
  }
}

/** Runs the command line in a folder. */
function command(words: string, folder: string) {
  const args = [join(root, 'build/cli.js'), ...words.split(' ').filter(Boolean)]
  return run(process.execPath, args, { cwd: folder })
}

const scripts = () =>
  (JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { scripts: object }).scripts

/** The ten lines above a line of a page. */
const before = (page: string, line: number) =>
  readFileSync(`${root}/${page}`, 'utf8')
    .split('\n')
    .slice(Math.max(0, line - 11), line - 1)
    .join('\n')

test('blocks and their outputs are recognized', () => {
  const page = '```ts\nimport x\n```\n\n```text\n1\n```\n\n```ts\nx\n```\nOr:\n```text\n2\n```\n'
  const blocks = blocksOf(page)
  expect(blocks.map(({ line, adjacent }) => [line, adjacent])).toEqual([
    [1, false],
    [5, true],
    [9, true],
    [13, false],
  ])
  const source = page.replace('import x', "import 'node:fs'\nconsole.log(1)")
  expect(programsOf(blocksOf(source))[0]!.outputs).toEqual(['1', null])
})
