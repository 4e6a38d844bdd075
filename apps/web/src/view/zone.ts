// The zone that times are shown in: the view's, else the browser's.

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
