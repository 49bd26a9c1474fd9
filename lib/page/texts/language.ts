import { computed, signal } from '@preact/signals';
import { ca } from './ca.ts';
import { en } from './en.ts';
import { es, type Texts } from './es.ts';

const TEXTS = { es, ca, en } as const satisfies Readonly<Record<string, Texts>>;
export type Language = keyof typeof TEXTS;

/** The languages, each with its own name for itself. */
export const LANGUAGES: readonly (readonly [code: Language, name: string])[] = [
  ['es', 'Castellano'],
  ['ca', 'Català'],
  ['en', 'English'],
];

/** The key in the browser's local storage. */
const STORAGE_KEY = 'language';
const isLanguage = (text: string | null): text is Language => LANGUAGES.some(([code]) => code === text);

/** Returns the language that the member has chosen, or else the first of the browser's languages that the page has; Spanish if none. */
function firstLanguage(): Language {
  const kept = localStorage.getItem(STORAGE_KEY);
  if (isLanguage(kept)) return kept;
  // A browser's language is a tag such as `ca-ES`.
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'es';
}

export const language = signal<Language>(firstLanguage());
const texts = computed<Texts>(() => TEXTS[language.value]);

/** Returns the texts of the page, in the chosen language. */
export const t = (): Texts => texts.value;

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem(STORAGE_KEY, chosen);
}
