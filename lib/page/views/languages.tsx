import { LANGUAGES, type Language, language, t } from '../texts/language.ts';

export const Languages = ({ choose }: { readonly choose: (chosen: Language) => void }) => (
  <fieldset class="languages row" aria-label={t().language}>
    {LANGUAGES.map(([one, name]) => (
      <button
        key={one}
        type="button"
        class="pill"
        lang={one}
        aria-pressed={language.value === one}
        onClick={() => choose(one)}
      >
        {name}
      </button>
    ))}
  </fieldset>
);
