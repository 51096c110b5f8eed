/** The colors of the picture for the visitor's color scheme, light or dark. */
import { DARK, LIGHT } from '../lib/picture-colours.js'

const dark = matchMedia('(prefers-color-scheme: dark)')

export const pictureTheme = () => (dark.matches ? DARK : LIGHT)
