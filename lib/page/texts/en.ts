import type { Texts } from './es.ts';
export const en: Texts = {} as Texts;
