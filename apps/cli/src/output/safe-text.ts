// Values come from the network: what a terminal would obey (escape sequences, control characters, marks that turn the
// direction of text) is shown as its code instead.

const obeyed = /\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

export function safeText(text: string): string {
  return text.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
