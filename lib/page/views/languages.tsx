import { chooseLanguage, LANGUAGES, language, t } from '../texts/language.ts';

export const Languages = () => (
  <fieldset class="languages row" aria-label={t().language}>
    {LANGUAGES.map(([one, name]) => (
      <button
        key={one}
        type="button"
        class="pill"
        lang={one}
        aria-pressed={language.value === one}
        onClick={() => chooseLanguage(one)}
      >
        {name}
      </button>
    ))}
  </fieldset>
);
