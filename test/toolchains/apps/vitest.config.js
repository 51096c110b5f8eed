import { playwright } from '@vitest/browser-playwright'

const launchOptions = { executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] }
const project = (name, more) => ({ test: { name, include: ['names.test.js'], ...more } })

export default {
  test: {
    projects: [
      project('node', { environment: 'node' }),
      project('jsdom', { environment: 'jsdom' }),
      project('happy-dom', { environment: 'happy-dom' }),
      project('browser', {
        browser: {
          enabled: true,
          headless: true,
          provider: playwright({ launchOptions }),
          instances: [{ browser: 'chromium' }],
        },
      }),
    ],
  },
}
