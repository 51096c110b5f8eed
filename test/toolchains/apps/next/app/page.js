'use client'
import { MicroGPT, createWorkerModel } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { createElement as h, useEffect } from 'react'
import { check } from './check.js'

export default function Page() {
  useEffect(() => {
    const ways = ['main', 'worker', 'threads', 'worker with threads', 'fast']
    globalThis.done = check({ MicroGPT, createWorkerModel }, NAMES, ways)
  }, [])
  return h('h1', null, 'names')
}
