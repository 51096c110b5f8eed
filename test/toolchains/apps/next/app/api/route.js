import { MicroGPT } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { check } from '../check.js'

export const dynamic = 'force-dynamic'

export async function GET() {
  return Response.json(await check({ MicroGPT }, NAMES, ['main', 'threads']))
}
