// The OpenAPI document, derived from the route table and its schemas.
import { z } from 'zod'
import { problemSchema } from './problem.ts'
import type { Route } from './routes.ts'
import { apiPrefix, routeList } from './routes.ts'

type Json = { readonly [name: string]: unknown }

/** `io`: a request may leave out what has a default, an answer never does. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return rest
}

const content = (type: string, schema: Json): Json => ({ [type]: { schema } })

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function searchParameters(search: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = schemaOf(search, 'input') as {
    readonly properties?: Record<string, Json>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }))
}

function headerParameters(headers: Readonly<Record<string, string>>): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
}

function requestBody({ body, bodyType }: Route): Json {
  if (body) return { requestBody: { required: true, content: content('application/json', schemaOf(body, 'input')) } }
  if (bodyType) return { requestBody: { required: true, content: content(bodyType, { type: 'string' }) } }
  return {}
}

function operation(route: Route & { readonly name: string }): Json {
  const { name, summary, doc, path, search, headers, answer, answerType = 'application/json' } = route
  const parameters = [
    ...pathParameters(path),
    ...(search ? searchParameters(search) : []),
    ...(headers ? headerParameters(headers) : []),
  ]
  return {
    operationId: name,
    summary,
    description: doc,
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(route),
    responses: {
      '200': {
        description: 'The answer.',
        content: content(answerType, answer ? schemaOf(answer, 'output') : { type: 'string' }),
      },
      default: {
        description: 'What is wrong and what to do next.',
        content: content('application/problem+json', { $ref: '#/components/schemas/Problem' }),
      },
    },
  }
}

/** The document of OpenAPI 3.1. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routeList) {
    const path = `${apiPrefix}${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Margay',
      version,
      description:
        'What happens on the network of a cluster. Integers over 2^53 are bare digits: parse them exactly. Every error is a Problem.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem: schemaOf(problemSchema, 'output') } },
  }
}
