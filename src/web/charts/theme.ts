/** The picture's colours, as the visitor's system has them: light or dark. */
import { DARK, LIGHT } from '../lib/picture-colours.js'

const dark = matchMedia('(prefers-color-scheme: dark)')

export const pictureTheme = () => (dark.matches ? DARK : LIGHT)
