// Texts in the reader's language. They are written in English where they are used; the server knows the others.

export const language = document.documentElement.lang;
const written = language === "en";
const messages = written ? {} : (await import(`/messages/${language}.js`)).default;
const rules = new Intl.PluralRules(language);

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const number = (value, options) => value.toLocaleString(language, options);
export const t = (text, values = {}) => filled(messages[text]?.[0] || text, values);

// A message with a number in it, `{count}`: one form for one, another for many.
export function tn(one, many, count, values = {}) {
  const form = rules.select(count) === "one" ? 0 : 1;
  return filled(messages[one]?.[form] || [one, many][form], { count: number(count), ...values });
}
