import { chooseLanguage, language } from "../text/index.ts";
import type { Language } from "../api/types.ts";
import "./LanguageSwitch.css";

const names: Record<Language, string> = { fr: "Français", en: "English" };

export function LanguageSwitch({ onChange }: { onChange?: (language: Language) => void }) {
  return (
    <div class="languages" role="group" aria-label="Langue / Language">
      {(["fr", "en"] as const).map((code) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={language.value === code}
          onClick={() => {
            chooseLanguage(code);
            onChange?.(code);
          }}
        >
          <span class="language-long">{names[code]}</span>
          <span class="language-short">{code.toUpperCase()}</span>
        </button>
      ))}
    </div>
  );
}
