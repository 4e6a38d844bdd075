// A disk that is full, told from one that does not work.

const fullCodes: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT'])

/** Whether an error of the file system, or what caused it, says that there is no room. */
export function isDiskFull(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as NodeJS.ErrnoException
  return fullCodes.has(code) || (cause !== undefined && isDiskFull(cause))
}
