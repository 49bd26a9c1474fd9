import type { Texts } from './es.ts';
export const ca: Texts = {} as Texts;
