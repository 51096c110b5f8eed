import { chromium } from 'playwright-core'
const base = process.argv[2]
const widths = (process.argv[3] ?? '1440').split(',').map(Number)
const schemes = (process.argv[4] ?? 'light').split(',')
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] })
for (const w of widths) for (const colorScheme of schemes) {
  const page = await browser.newPage({ viewport: { width: w, height: w < 500 ? 740 : 900 }, colorScheme })
  page.on('console', m => console.log('console', m.type(), m.text()))
  page.on('pageerror', e => console.log('pageerror', e.message))
  await page.goto(base)
  await page.waitForFunction(() => document.querySelector('#hero-status').textContent.startsWith('Ready'), null, {timeout: 5000}).catch(e=>console.log('not ready'))
  if (!process.argv[5]) { await page.click('#go').catch(()=>{}); await page.waitForTimeout(600) }
  await page.evaluate(async () => { for (let y=0;y<document.body.scrollHeight;y+=400){scrollTo(0,y);await new Promise(r=>setTimeout(r,60))} await new Promise(r=>setTimeout(r,500)); scrollTo(0,0) })
  await page.waitForTimeout(200)
  console.log(await page.textContent('#hero-status'))
  console.log('overflow', await page.evaluate(()=>document.documentElement.scrollWidth), w)
  for (const s of ["hero","train","invent","data","model","inside","race"]) { const el = page.locator(s==="hero"?".hero":"#"+s); await el.screenshot({path:`/tmp/shots/${s}-${w}-${colorScheme}.png`}) }
  await page.screenshot({ path: `/tmp/shots/${w}-${colorScheme}.png`, fullPage: true })
  await page.close()
}
await browser.close()
