/** Nothing here yet. */
export const planned = true
