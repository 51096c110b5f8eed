/** A long text to learn from: short tales of one grammar, written for this page. */
const WHO = ['the fox', 'the old owl', 'a small bear', 'the miller', 'a tired crow', 'the ferryman']
const DID = ['walked to', 'looked for', 'slept beside', 'sang to', 'ran from', 'waited at']
const WHERE = [
  'the river',
  'the cold hill',
  'a green field',
  'the mill',
  'the long road',
  'the sea',
]
const WHEN = ['in the morning', 'all night', 'when it rained', 'before the snow', 'at noon']
const THEN = ['and came home', 'and found bread', 'and said nothing', 'and laughed', 'and was glad']

/** Sentences in a fixed order: everyone gets the same text. */
export function storyText(sentences = 900): string {
  let state = 12345
  const pick = (list: readonly string[]) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return list[Math.floor((state / 2147483648) * list.length)]!
  }
  const lines: string[] = []
  for (let i = 0; i < sentences; i++) {
    const end = i % 3 === 2 ? '\n' : ' '
    lines.push(`${pick(WHO)} ${pick(DID)} ${pick(WHERE)} ${pick(WHEN)} ${pick(THEN)}.${end}`)
  }
  return lines.join('')
}
