/** Every link of the documentation leads to a file of the repository, or to a heading in it. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { PAGES, root } from './blocks.js'

const pages = [...PAGES, 'CHANGELOG.md', 'SECURITY.md']

/** A heading as GitHub makes an anchor of it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchors = (text: string) =>
  new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!)))

test.each(pages)('the links of %s', (page) => {
  const text = readFileSync(join(root, page), 'utf8')
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)

  for (const link of links.filter((one) => !/^https?:/.test(one))) {
    const [path, anchor] = link.split('#')
    const file = path === '' ? join(root, page) : join(root, dirname(page), path!)
    expect(existsSync(file), `${page} links to ${link}`).toBe(true)
    if (anchor) expect(anchors(readFileSync(file, 'utf8')), link).toContain(anchor)
  }
})

test('the README has at most 170 lines', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(171)
})

test('every guide is linked from the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const page of PAGES.filter((one) => one.startsWith('docs/'))) {
    expect(readme).toContain(`](${page})`)
  }
})
