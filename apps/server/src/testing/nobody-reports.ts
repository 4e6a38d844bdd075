// A server to which no agent ever spoke: nobody reports for any address.
import type { EndsDeps } from '../api/context.ts'

export const nobodyReports: EndsDeps = {
  reporters: async (of) => of.map(() => ({ state: 'none' as const })),
}
