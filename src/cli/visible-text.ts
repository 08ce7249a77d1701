/**
 * The text with each control character replaced by one visible character, so that data neither breaks a table nor steers the
 * terminal: ␊ for a line feed, ␛ for an escape, � for C1 controls and those that turn the direction of writing.
 */
export function visibleText(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0)!; // the match is one character
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** The same for a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visibleText).join('\n');
}
