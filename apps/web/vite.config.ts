// Builds the console into dist/, which the server serves. In development `vite` serves the sources and hands what
// starts with /api to a running server.
import { readFileSync } from 'node:fs'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  define: { __MARGAY_VERSION__: JSON.stringify(version) },
  // Fonts stay files: a page that inlines them is not painted before they are all there.
  build: { outDir: 'dist', target: 'es2023', assetsInlineLimit: 0, reportCompressedSize: false },
  server: { proxy: { '/api': process.env.MARGAY_SERVER ?? 'http://127.0.0.1:8585' } },
})
