import { LANGUAGES, type Language, language, t } from '../texts/language.ts';

export const Languages = ({ choose }: { readonly choose: (chosen: Language) => void }) => (
  <fieldset class="languages row" aria-label={t().language}>
    {LANGUAGES.map(([code, name]) => (
      <button
        key={code}
        type="button"
        class="pill"
        lang={code}
        aria-pressed={language.value === code}
        onClick={() => choose(code)}
      >
        {name}
      </button>
    ))}
  </fieldset>
);
