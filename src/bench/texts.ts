/** Documents made on the spot, the same on every machine: nothing is downloaded. */
import { Random } from '../random.js'

/** 64 characters: with BOS, a vocabulary of 65. */
const ALPHABET = Array.from({ length: 64 }, (_, i) => String.fromCodePoint(48 + i)).join('')

/** 64 documents of `length` characters each, the first with the whole alphabet where it has room. */
export function blockDocuments(length: number): string[] {
  const random = new Random(1)
  const text = () => Array.from({ length }, () => ALPHABET[random.randrange(64)]!).join('')
  return [ALPHABET.padEnd(length, '0'), ...Array.from({ length: 63 }, text)]
}

const VOWELS = 'aeiou'
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz'

/**
 * Invented names in UTF-8, one a line: 3 to 8 letters, consonants and vowels in turn.
 * @param count lines; from some hundred on, all 26 letters are among them
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
