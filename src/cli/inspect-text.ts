/** An inspection for a person. */
import { formatBytes } from '../arena.js'
import type { Inspection, InspectedParameter } from './inspect.js'
import { type Column, table } from './table.js'
