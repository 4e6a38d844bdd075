// The server's word on itself, asked every few seconds by the shell and read by whoever needs it.
import { useQuery } from '@tanstack/react-query'
import { getHealth } from '../api/resources.ts'

const everyMs = 5000

export const useHealth = () =>
  useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => getHealth(signal),
    refetchInterval: everyMs,
    staleTime: everyMs,
    retry: false,
  })
