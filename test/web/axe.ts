/** Runs axe-core in a page. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Ends transitions at once, because the colors in the middle of one mean nothing. */
export const withoutTransitions = (page: Page) =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('* { transition: none !important }')
    document.adoptedStyleSheets = [sheet]
  })

/**
 * Rule, element and summary of each serious or critical finding.
 * @param rules all rules if absent
 * @param within a selector of the part of the page to look at
 */
export async function seriousFindings(
  page: Page,
  rules?: string[],
  within = 'html',
): Promise<string[]> {
  const has = await page.evaluate(() => 'axe' in globalThis)
  // Evaluated directly, because the page's policy would refuse a script element.
  if (!has) await page.evaluate(axe.source)
  const options = { resultTypes: ['violations' as const], ...(rules && { runOnly: rules }) }
  return page.evaluate(
    async ([at, wanted]) => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(
        at,
        wanted,
      )
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
        )
    },
    [within, options] as const,
  )
}
