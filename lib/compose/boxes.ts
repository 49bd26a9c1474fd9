import { BoxStore } from '../boxes/box-store.ts';
import { type Base, composeTable } from './base.ts';

export const composeBoxes = (base: Base) => new BoxStore(composeTable(base, 'BOXES_TABLE'));
