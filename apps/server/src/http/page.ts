// What a request is for: a page of the console, whose router reads the path, or the API, which answers programs.
import type { FastifyRequest } from 'fastify'

const isUnderApi = (path: string): boolean => path.startsWith('/api/')

/** By the route and by what was written: the router reads %61pi as api. */
export const isOfApi = ({ url, routeOptions }: FastifyRequest): boolean =>
  isUnderApi(routeOptions.url ?? '') || isUnderApi(url)

/** Whether a browser asks for a page. What says nothing of what it takes is a program. */
export const isPage = (request: FastifyRequest): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  !isOfApi(request) &&
  (request.headers.accept ?? '').includes('text/html')
