// Loads the programs: all at once where the kernel takes all, else each alone first, so that one refused program never
// takes the others along. What was refused is a value with the kernel's words.
import type { Native, NativeError } from './native.ts'
import { programs } from './programs.ts'

export interface ProgramState {
  readonly name: string
  /** Why it is not there, and what the loader said. */
  readonly problem?: string
  readonly log?: string
}

/** The loaded programs. `close` detaches all. */
export interface Kernel {
  readonly native: Native
  readonly handle: number
  readonly states: readonly ProgramState[]
  has(program: string): boolean
  close(): void
}

export interface LoadOptions {
  readonly object: Buffer
  readonly constants: Buffer
  /** Directory of the cgroup whose processes are seen. */
  readonly cgroupPath: string
  /** Programs to leave out, for tests and for people who must. */
  readonly leaveOut?: readonly string[]
}

const stateOf = (name: string, error: unknown): ProgramState => {
  const { message, log } = error as NativeError
  return { name, problem: message, log: log ?? '' }
}

const tryAgain = 11
const tries = 20

/** The verifier gives up whenever a signal comes (a profiler's, a timer's) and asks to be called again. */
function load(native: Native, options: LoadOptions, names: readonly string[]): number {
  for (let left = tries; ; left--) {
    try {
      return native.load(options.object, options.constants, names)
    } catch (error) {
      if ((error as NativeError).errno !== tryAgain || left === 0) throw error
    }
  }
}

/** Loads each program alone and forgets it again; the states of those that the kernel refuses. */
export function probeEach(native: Native, options: LoadOptions, names: readonly string[]): ProgramState[] {
  return names.map((name) => {
    try {
      native.close(load(native, options, [name]))
      return { name }
    } catch (error) {
      return stateOf(name, error)
    }
  })
}

function loadBest(
  native: Native,
  options: LoadOptions,
  wanted: readonly string[],
): { readonly handle: number; readonly states: readonly ProgramState[] } {
  try {
    return { handle: load(native, options, wanted), states: wanted.map((name) => ({ name })) }
  } catch {
    const states = probeEach(native, options, wanted)
    const good = states.filter(({ problem }) => problem === undefined).map(({ name }) => name)
    if (good.length === 0)
      throw new Error(`load the eBPF object: no program loads: ${states[0]?.problem ?? 'none wanted'}`)
    return { handle: load(native, options, good), states }
  }
}

/** Loads and attaches. Throws only where no program at all can be loaded. */
export function loadKernel(native: Native, options: LoadOptions): Kernel {
  const wanted = programs.map(({ name }) => name).filter((name) => !options.leaveOut?.includes(name))
  const { handle, states } = loadBest(native, options, wanted)
  const attached = states.map((state): ProgramState => {
    const program = programs.find(({ name }) => name === state.name)
    if (state.problem !== undefined || program?.iterator) return state
    try {
      native.attach(handle, state.name, options.cgroupPath)
      return state
    } catch (error) {
      return stateOf(state.name, error)
    }
  })
  const left = (options.leaveOut ?? []).map((name) => ({ name, problem: 'left out by configuration' }))
  const good = new Set(attached.filter(({ problem }) => problem === undefined).map(({ name }) => name))
  return {
    native,
    handle,
    states: [...attached, ...left],
    has: (program) => good.has(program),
    close: () => native.close(handle),
  }
}
