// The console itself: theme, question cache, router. It is loaded by main.ts.
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './theme/global.css'
import { ProblemError } from './api/problem.ts'
import { router } from './router.tsx'
import { resolveVariables, theme } from './theme/theme.ts'

/** Answers are of a fixed moment, so they stay true; a server that does not answer is asked again. */
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      gcTime: 60_000,
      refetchOnWindowFocus: false,
      // A server on loopback answers whether or not the machine is online.
      networkMode: 'always',
      retry: (failures, error) => failures < 3 && error instanceof ProblemError && error.code === 'unreachable',
    },
  },
})

const root = document.getElementById('root')
if (!root) throw new Error('BUG: index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={resolveVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
