// A token as it is shown in a header, and the digest as which it is kept and compared, so that nobody can read it there.
import { createHash, timingSafeEqual } from 'node:crypto'

/** The token of `Authorization: Bearer`, whose first word is read in any case; undefined where the header has another form. */
export const bearerOf = (authorization: string): string | undefined => /^Bearer +(\S+)$/i.exec(authorization)?.[1]

/** SHA-256, 32 bytes. */
export const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The digest as the key of a map, hexadecimal. */
export const digestKeyOf = (token: string): string => digestOf(token).toString('hex')

/** Tells nobody by its timing how much of a guess was right. */
export const isSameToken = (given: string, known: string): boolean => timingSafeEqual(digestOf(given), digestOf(known))
