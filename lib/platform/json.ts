/** Parses JSON that came from outside, also after byte order marks. @returns undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^[\uFEFF\s]+/u, ''));
  } catch {
    return undefined;
  }
}
