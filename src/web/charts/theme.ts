/** The colors of the picture for the visitor's color scheme, light or dark. */
import { DARK, LIGHT } from '../lib/picture-colours.js'
import { dark } from './board.js'

export const pictureTheme = () => (dark.matches ? DARK : LIGHT)
