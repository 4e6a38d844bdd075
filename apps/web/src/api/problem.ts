// What can go wrong between console and server, as one kind of error that every page knows how to show.
import { problemSchema, type Problem } from '@margay/wire'

/** A request that failed, in words: what failed, the stable code, and what to do next. */
export class ProblemError extends Error {
  readonly code: string
  readonly hint: string | undefined
  /** Characters of the query that it is about. */
  readonly at: Problem['at']

  constructor(problem: Pick<Problem, 'code' | 'detail' | 'hint' | 'at'>, cause?: unknown) {
    super(problem.detail, { cause })
    this.name = 'ProblemError'
    this.code = problem.code
    this.hint = problem.hint
    this.at = problem.at
  }
}

/** The problem that a response with an error status carries, or one made of its status if it carries none. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text()
  try {
    return new ProblemError(problemSchema.parse(JSON.parse(text)))
  } catch (cause) {
    const detail = `the server answered ${response.status} ${response.statusText}`.trim()
    const hint = 'Something between this page and the server may have answered; try the address of the server itself.'
    return new ProblemError({ code: `http_${response.status}`, detail, hint }, cause)
  }
}

/** The server did not answer at all. */
export function unreachable(cause: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'unreachable',
      detail: 'the server does not answer',
      hint: 'Check that it runs, with margay status; this page tries again by itself.',
    },
    cause,
  )
}

/** The server answered something this console does not understand, which is what another version looks like. */
export function misunderstood(path: string, cause: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'unexpected_answer',
      detail: `the answer of ${path} is not what this console expects`,
      hint: 'Reload the page to get the console that belongs to the server.',
    },
    cause,
  )
}

/** Any thrown value as a problem, so that a page has one thing to show. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new ProblemError({ code: 'console', detail, hint: 'Reload the page; if it comes back, report it.' }, error)
}
