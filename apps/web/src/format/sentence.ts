// Messages of the server and of agents are lower case without a final stop; people read sentences.

/** The same with a capital at its beginning. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** A message as a sentence; one that ends in a stop of any kind keeps it. */
export const sentence = (text: string): string => (/[.!?]$/.test(text) ? capital(text) : `${capital(text)}.`)
