/** Generated documents, the same on every machine; nothing is downloaded. */
import { Random } from '../random.js'

/** 64 characters: with BOS, a vocabulary of 65. */
const ALPHABET = Array.from({ length: 64 }, (_, i) => String.fromCodePoint(48 + i)).join('')

/** 64 documents of `length` characters; the first has the whole alphabet if it fits. */
export function blockDocuments(length: number): string[] {
  const random = new Random(1)
  const text = () => Array.from({ length }, () => ALPHABET[random.randrange(64)]!).join('')
  return [ALPHABET.padEnd(length, '0'), ...Array.from({ length: 63 }, text)]
}

const VOWELS = 'aeiou'
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz'

/**
 * Generated names in UTF-8, one per line: 3 to 8 letters, alternating consonants and vowels.
 * @param count number of lines; about 100 lines contain all 26 letters
 */
export function namesText(count: number, seed = 1): Uint8Array {
  const random = new Random(seed)
  const bytes = new Uint8Array(9 * count)
  let end = 0
  for (let i = 0; i < count; i++) {
    const letters = 3 + Math.floor(6 * random.random())
    for (let j = 0; j < letters; j++) {
      const from = j % 2 === 0 ? CONSONANTS : VOWELS
      bytes[end++] = from.charCodeAt(Math.floor(from.length * random.random()))
    }
    bytes[end++] = 10
  }
  return bytes.subarray(0, end)
}
