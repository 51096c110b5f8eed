/** The program behind `npm run web` and `npx microgpt-wasm web`: its address and its flags. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
const WEB = fileURLToPath(new URL('../../build/web.js', import.meta.url))

/** Runs the program until it prints something. */
async function program(...args: string[]) {
  const child = spawn(process.execPath, [WEB, ...args])
  const said = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
  return { child, said: String(said[0]) }
}

test('prints its address, serves the page with its policy, and accepts --port', async () => {
  const { child, said } = await program('--port', '0')
  try {
    const [at] = said.match(/http:\/\/127\.0\.0\.1:\d+\//)!
    const { status, headers } = await fetch(at)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; script-src 'self'/)
    const taken = await program('--port', new URL(at).port)
    expect(taken.said).toMatch(/port \d+ is in use; try --port 0/)
  } finally {
    child.kill()
  }
})

test('is also a command of the command line program', async () => {
  const child = spawn(process.execPath, [CLI, 'web', '--port', '0'])
  try {
    const [said] = await once(child.stdout, 'data')
    const [at] = String(said).match(/http:\/\/127\.0\.0\.1:\d+\//)!
    expect((await fetch(at)).status).toBe(200)
  } finally {
    child.kill()
  }
  const odd = spawn(process.execPath, [CLI, 'web', '--port', 'x'])
  const [code] = await once(odd, 'exit')
  expect(code).toBe(2)
})

test.each([
  [['--port', '99999'], /--port takes a whole number from 0 to 65535, got 99999/],
  [['--port', '65536'], /--port takes a whole number from 0 to 65535, got 65536/],
  [['--port', 'x'], /--port takes a whole number/],
  [['--port', '1.5'], /--port takes a whole number/],
  [['--speed', '1'], /--speed/],
  [['--port', '-1'], /^npm run web: [^\n]+\n$/],
  [['--host', ''], /--host takes a name or an address, got ""/],
])('%j is refused', async (args, message) => {
  const { child, said } = await program(...args)
  expect(said).toMatch(message)
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(2)
})

test('the largest port is 65535', async () => {
  const { said } = await program('--port', '65535', '--help')
  expect(said).toMatch(/^microgpt-wasm web \[--port 8000\]/)
})
