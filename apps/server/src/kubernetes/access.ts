// How an API server is reached and who we are there. Whatever may be renewed (tokens of service accounts, certificates in a
// kubeconfig, answers of credential plugins) is read again when it is due or when the API server refused it.
import type { SecureContextOptions } from 'node:tls'

export interface Access {
  /** `https://10.96.0.1:443`, without a path at the end. */
  readonly server: string
  readonly tls: SecureContextOptions & {
    readonly rejectUnauthorized?: boolean
    /** Name in the server's certificate, where it is not the one dialled. */
    readonly servername?: string
  }
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined
}

export interface AccessSource {
  /** What is in force. Rejects where it cannot be read, with a sentence that says what to do. */
  current(): Promise<Access>
  /** The API server did not take the credentials: what is remembered of them is forgotten. */
  refused(): void
}

/** Access that cannot be had: a file that is missing or says nothing usable. */
export class AccessError extends Error {
  override readonly name = 'AccessError'
}
