/** Every number of the data and Look inside panels, compared with the same model in Node. */
import { expect, test } from 'vitest'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { count, digits, percent } from '../../src/web/text.js'
import { firstLayerAttention } from './attention.js'
import { LONG, inBrowser } from './browser.js'
import { inWorker, ticking } from './clock.js'
import { inspect, nodeRun } from './node-run.js'
import * as shown from './shown.js'
import { docs, ready, trainTo } from './visit.js'

inBrowser('the numbers of a model', (site) => {
  test('documents, vocabulary, the longest document, and what block_size cuts', async () => {
    const page = await site.open('')
    await ready(page)
    const { numCut } = inspect()
    expect(numCut).toBeGreaterThan(0)
    const longest = docs.reduce((most, doc) => (doc.length > most.length ? doc : most), '')
    expect(await shown.data(page)).toEqual({
      numDocs: '2,787',
      vocabSize: '27',
      longest: String(longest.length),
      cut: count(numCut),
      cutNote: `With block_size 8 the model sees BOS and 7 characters: ${count(numCut)} of 2,787 are cut.`,
      status: `From the shipped names. Longest: ${longest}`,
    })
    const gpt = await MicroGPT.create({ docs })
    expect(await shown.listOf(page, 'docs')).toEqual(gpt.docs.slice(0, 120))
    expect(await shown.listOf(page, 'alphabet')).toEqual([...gpt.tokenizer.chars, 'BOS'])

    // Characters are counted, not UTF-16 units; equal documents count separately.
    const text = 'a,b\n😀😀😀😀😀😀😀😀\n😀😀😀😀😀😀😀\na,b\n12345678 9'
    await shown.useText(page, text)
    expect(await shown.listOf(page, 'crossedOut')).toEqual(['😀', '8 9'])
    expect(await shown.wordOf(page, 'previewNote')).toBe(
      '5 documents; 2 are cut to BOS and 7 characters (crossed out).',
    )
    const own = await MicroGPT.create({ docs: parseDocs(text) })
    expect(await shown.data(page)).toEqual({
      numDocs: '5',
      vocabSize: '15',
      longest: '10',
      cut: '2',
      cutNote: 'With block_size 8 the model sees BOS and 7 characters: 2 of 5 are cut.',
      status: 'From your text. Longest: 12345678 9',
    })
    expect(await shown.listOf(page, 'docs')).toEqual(own.docs)
    expect(await shown.listOf(page, 'alphabet')).toEqual([
      ...['␣', ',', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', '😀', 'BOS'],
    ])
    expect((await shown.figures(page)).status).toMatch(/^Ready: 3,680 parameters, 5 documents\.$/)
    await shown.useText(page, 'ab')
    expect(await shown.data(page)).toMatchObject({ vocabSize: '3', cut: '0', cutNote: '' })
    expect(page.trouble).toEqual([])
  })

  test('the value, the gradient and the initial value of a cell', async () => {
    const page = await site.open('#preset=tutorial&seed=9&n_layer=2')
    await ready(page)
    await trainTo(page, 60)
    const options = { seed: 9, config: { n_layer: 2 } }
    const [first, node] = await Promise.all([nodeRun(options), nodeRun(options)])
    node.to(60)
    const names = [...node.gpt.stateDict.keys()]
    await shown.lookInside(page)
    expect(await shown.listOf(page, 'thumbs')).toEqual(names)
    const cells: [string, [number, number]][] = [
      ['wte', [26, 15]],
      ['wpe', [7, 2]],
      ['layer1.mlp_fc2', [3, 63]],
      ['wte', [0, 0]],
      ['lm_head', [2, 3]],
      ['layer0.attn_wo', [15, 0]],
      ['layer1.mlp_fc1', [63, 1]],
    ]
    const { chars } = node.gpt.tokenizer
    for (const what of ['data', 'grad'] as const) {
      await shown.show(page, what)
      const caption = what === 'grad' ? 'gradient of the latest step' : 'now'
      const word = what === 'grad' ? 'gradient' : 'now'
      // Their place is the same: of gradients, some are enough.
      const some = what === 'data' || LONG ? cells : cells.slice(0, 3)
      for (const [name, [row, column]] of some) {
        await shown.chooseMatrix(page, name)
        const now = node.gpt.stateDict.get(name)!
        const [rows, columns] = now.shape
        expect(await shown.inside(page)).toMatchObject({
          matrix: `${name} [${rows}, ${columns}]`,
          before: 'before training',
          now: `${caption}, after step 60`,
        })
        const at = row * columns + column
        const token = name === 'wte' || name === 'lm_head' ? ` (${chars[row] ?? 'BOS'})` : ''
        const before = first.gpt.stateDict.get(name)!.data[at]
        const wanted = `${name}[${row}][${column}]${token}: before ${before}, ${word} ${now[what][at]}`
        for (const side of name === 'wpe' ? (['before', 'now'] as const) : (['now'] as const)) {
          expect(await shown.hoverCell(page, side, [row, column], now.shape)).toBe(wanted)
        }
      }
      await shown.chooseMatrix(page, 'lm_head')
      const { shape, [what]: values } = node.gpt.stateDict.get('lm_head')!
      expect(await shown.tableOf(page, 'matrix')).toEqual([
        ['row', ...Array.from({ length: 16 }, (_, j) => String(j))],
        ...Array.from({ length: shape[0] }, (_, i) => [
          `${i} (${chars[i] ?? 'BOS'})`,
          ...Array.from(values.subarray(16 * i, 16 * (i + 1)), digits),
        ]),
      ])
    }
    // A new model may not have the chosen matrix: the first one is shown.
    await shown.reset(page)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await shown.insideComes(page, 'matrix', /^wte \[27, 16\]$/)
    await shown.insideComes(page, 'now', /, after step 0$/)
    expect(page.trouble).toEqual([])
  })

  test('a word: its loss, attention, predictions and tape', async () => {
    const page = await site.open('about:blank')
    await inWorker(page, ticking(1))
    await page.goto(`${site.address}#preset=tutorial&seed=5&n_layer=2`)
    await ready(page)
    await trainTo(page, 200)
    const node = await nodeRun({ seed: 5, config: { n_layer: 2 } })
    node.to(200)
    const { gpt } = node
    await shown.lookInside(page)
    // The last word fills block_size: its last character is only a target.
    for (const word of ['mia', 'o', 'kathleen']) {
      const tokens = ['BOS', ...word].slice(0, 8)
      const rows = tokens.length
      const next = [...word, 'BOS'].slice(0, rows)
      await shown.lookAt(page, tokens.slice(1).join(''))
      if (word === 'kathleen') {
        await page.fill('#word', word)
        // The ops of another word are not timed until that is requested.
        await shown.insideComes(page, 'tape', /backward up\.$/)
        await page.click('#time-tape')
        await shown.insideComes(page, 'tape', /µs/)
      }
      const loss = gpt.loss([word]).toFixed(4)
      await shown.insideComes(
        page,
        'word',
        new RegExp(`^${tokens.join(' ')}: loss ${loss} after step 200$`),
      )
      expect(await shown.headsOf(page)).toEqual(
        [0, 1].flatMap((l) => [0, 1, 2, 3].map((h) => `layer ${l}, head ${h}`)),
      )
      const [head, ...body] = await shown.tableOf(page, 'attention')
      expect(head).toEqual(['looks at', ...tokens.map((token, t) => `${t} ${token}`)])
      expect(body).toHaveLength(8 * rows)
      const attention = firstLayerAttention(gpt, word.slice(0, 7))
      expect(body.slice(0, 4 * rows)).toEqual(
        attention.flatMap((looks, h) =>
          looks.map((row, t) => [
            `layer 0, head ${h}, ${t} ${tokens[t]}`,
            ...Array.from({ length: rows }, (_, s) => (s > t ? '' : percent(row[s]!))),
          ]),
        ),
      )
      const expected = tokens.map((token, t) => {
        const prompt = word.slice(0, t)
        let drawn = gpt.generate({ prompt, temperature: 1, seed: 0 }).next()
        for (let seed = 1; !drawn.value; seed++) {
          drawn = gpt.generate({ prompt, temperature: 1, seed }).next()
        }
        const { top } = drawn.value
        const says = (i: number) => `${top[i]!.char || 'BOS'} ${percent(top[i]!.probability)}`
        // The right token may not be among the ten that Node returns.
        const right = top.findIndex(({ char }) => (char || 'BOS') === next[t])
        const comes = right < 0 ? expect.stringMatching(`^${next[t]} `) : says(right)
        return [`${t} ${token}`, [0, 1, 2].map(says).join(', '), comes]
      })
      const shownNext = await shown.tableOf(page, 'next')
      expect(shownNext[0]).toEqual(['after', 'expects', 'comes'])
      expect(shownNext.slice(1)).toEqual(expected)
      // The loss of the word is the mean of -log p of the right characters.
      const comes = shownNext.slice(1).map(([, , right]) => right!.split(' '))
      expect(comes.map(([char]) => char)).toEqual(next)
      const mean = comes.reduce((sum, [, p]) => sum - Math.log(parseFloat(p!) / 100), 0) / rows
      expect(mean).toBeCloseTo(Number(loss), 0)

      // The ops of a forward pass, with their output shapes.
      const x = `[${rows}, 16]`
      const layer = [
        ...[`rmsnorm ${x}`, `linear ${x}`, `linear ${x}`, `linear ${x}`, `attention ${x}`],
        ...[`linear ${x}`, `add ${x}`, `rmsnorm ${x}`, `linear [${rows}, 64]`],
        ...[`relu2 [${rows}, 64]`, `linear ${x}`, `add ${x}`],
      ]
      const ops = [
        ...[`embedding ${x}`, `embedding ${x}`, `add ${x}`, `rmsnorm ${x}`, ...layer, ...layer],
        ...[`linear [${rows}, 27]`, 'crossEntropy [1]'],
      ]
      await shown.insideComes(page, 'tape', new RegExp(`^${ops.length} ops for this word\\.`))
      const tape = (await shown.tableOf(page, 'tape')).slice(1)
      expect(tape.map(([i, op, , shape]) => `${i} ${op} ${shape}`)).toEqual(
        ops.map((op, i) => `${i} ${op}`),
      )
      // 64 runs between two readings of the clock, 1 ms apart.
      for (const row of tape) expect(row.slice(4)).toEqual(['15.63 µs', '15.63 µs'])
      const sum = (ops.length * 15.625).toFixed(2)
      expect((await shown.inside(page)).tape).toContain(
        `In all ${sum} µs forward, ${sum} µs backward`,
      )
      // Each input is a parameter, an input of the model, or an earlier op.
      tape.forEach(([, , inputs], i) => {
        expect(inputs).not.toContain('?')
        for (const [, at] of inputs!.matchAll(/(\d+): /g)) expect(Number(at)).toBeLessThan(i)
      })
      expect(tape[5]![2]).toBe(`4: rmsnorm ${x}, layer0.attn_wq [16, 16]`)
    }
    expect(page.trouble).toEqual([])
  })
})
