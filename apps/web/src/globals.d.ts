/** Version of the package that this console was built from, see vite.config.ts. */
declare const __MARGAY_VERSION__: string
