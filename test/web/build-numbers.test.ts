/** Every number of the Build panel, compared with what the command line says of the same model. */
import { expect, test } from 'vitest'
import { PRESETS, type PresetName } from '../../src/config/config.js'
import { GPT2, GPT3 } from '../../src/web/lib/counts.js'
import { duration, percent } from '../../src/web/text.js'
import { inBrowser } from './browser.js'
import { inWorker, ticking } from './clock.js'
import { inspect } from './node-run.js'
import * as shown from './shown.js'
import { ready } from './visit.js'

const bytes = (n: number) => {
  const power = Math.floor(Math.log2(n) / 10)
  return `${(n / 1024 ** power).toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB'][power]}`
}
const commas = (n: number) => n.toLocaleString('en-US')

inBrowser('the numbers of the Build panel', (site) => {
  test('parameter counts, shapes, bytes of memory, and the time of a run', async () => {
    const page = await site.open('about:blank')
    await inWorker(page, ticking(1))
    await page.goto(site.address)
    await ready(page)
    // Each size is measured when the sizes are in view, with 1 ms per step.
    await page.locator('#sizes').scrollIntoViewIfNeeded()
    const models: [string, string][][] = [
      [],
      [['n_embd', '8']],
      [
        ['n_layer', '3'],
        ['block_size', '33'],
      ],
      [
        ['n_embd', '256'],
        ['n_head', '1'],
      ],
      [['batch_size', '4']],
    ]
    const flags: string[] = []
    for (const fields of models) {
      for (const [name, value] of fields) {
        await shown.setField(page, name, value)
        flags.push(`--${name}`, value)
      }
      const { numParams, parameters, memory } = inspect('--vocab-size', '27', ...flags)
      const totals =
        `${commas(numParams)} parameters: ${bytes(memory.params)} of parameters, ` +
        `${bytes(memory.total)} with gradients, moments and tape.`
      await page.waitForFunction(
        (wanted) => document.querySelector('#totals')!.textContent!.startsWith(wanted),
        totals,
      )
      const [head, ...rows] = await shown.tableOf(page, 'stateDict')
      expect(head).toEqual(['name', 'now', 'shape', 'count', 'std', 'share', 'purpose'])
      const told = rows.map(([name, , shape, number, std, share, purpose]) => {
        return [name, shape!.split(' = ').at(-1), number, std, share, purpose]
      })
      expect(told, flags.join(' ')).toEqual(
        parameters.map(({ name, shape: [m, n], purpose }) => {
          return [
            name,
            `${commas(m)} × ${commas(n)}`,
            commas(m * n),
            /attn_wo|mlp_fc2/.test(name) ? '0: zeros' : '0.02',
            percent((m * n) / numParams),
            purpose,
          ]
        }),
      )
      const field = (name: string) => page.inputValue(`#field-${name}`).then(Number)
      const headDim = (await field('n_embd')) / (await field('n_head'))
      expect(await shown.wordOf(page, 'headDim')).toBe(String(headDim))
      // The components add up, and each has its share of them.
      const found = (await shown.listOf(page, 'components')).map((text) => {
        const [, n, share] = / = ([\d,]+) \((.*)\)$/.exec(text)!
        return { n: Number(n!.replaceAll(',', '')), share }
      })
      expect(found).toHaveLength(5)
      expect(found.reduce((sum, { n }) => sum + n, 0)).toBe(numParams)
      for (const { n, share } of found) expect(share).toBe(percent(n / numParams))
      expect(await shown.wordOf(page, 'componentSum')).toMatch(` = ${commas(numParams)}`)
      const times = ({ parameters: n }: typeof GPT2) => commas(Math.round(n / numParams))
      expect(await shown.listOf(page, 'scale')).toEqual([
        `Your model${commas(numParams)} parameters`,
        ...[GPT2, GPT3].map((model) => {
          const { name, parameters: n, n_embd, n_head, n_layer, here, note } = model
          return (
            `${name}${commas(n)} parameters, ${times(model)} times yours${commas(n_embd)} wide, ` +
            `${n_head} heads, ${n_layer} layers. With these sizes microgpt has ${commas(here)}. ${note}`
          )
        }),
      ])
    }
    await shown.comes(
      page,
      'totals',
      /tape\. A run takes about 500 ms \(estimated from a few steps\)\.$/,
    )
    const sizes = Object.keys(PRESETS).map((name) => {
      const { n_embd, n_head, n_layer, block_size, num_steps } = PRESETS[name as PresetName]
      const { numParams } = inspect('--vocab-size', '27', '--preset', name)
      return [
        name,
        `${n_embd} wide, ${n_head} heads, ${n_layer} ${n_layer > 1 ? 'layers' : 'layer'}, sees ${block_size}`,
        `${commas(numParams)} parameters`,
        `${commas(num_steps)} steps, about ${duration(num_steps)}`,
      ]
    })
    expect(await shown.sizesOf(page)).toEqual(sizes)
  })
})
