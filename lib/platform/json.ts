/** Parses JSON that came from outside, even if byte order marks precede it. @returns undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^[\uFEFF\s]+/u, ''));
  } catch {
    return undefined;
  }
}
