/** The page's terms in error messages: its controls have the names of the config fields. */
import { type Front, speakTo } from '../config/terms.js'

const PAGE: Front = {
  name: (option) => (option === 'docs' || option === 'text' ? 'a text under Your data' : option),
  phrases: {
    newRun: 'begin a new run from its parameters',
    anyWidth: 'convert it to F64 first',
    theAlphabet: 'open a file that train --out has saved',
    theConfig: 'open a file that train --out has saved',
    off: 'off',
    replaceBytes: 'save the text as UTF-8',
    latin: 'save it as UTF-8 if it was written on an older Windows',
    column: 'keep one column, of',
    field: 'keep one field, of',
    asText: 'give a text of several lines',
    heldOut: 'hold out a part of the text',
  },
}

/** Makes all later error messages use the terms of the page. */
export const speakPage = (): void => speakTo(PAGE)
