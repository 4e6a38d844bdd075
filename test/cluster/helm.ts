// Helm as a function, with the chart of this repository.
import { join } from 'node:path'
import { runBeside } from './parts/command.ts'
import { helm as helmProgram } from './build/helm.ts'
import type { KubeObject } from './parts/kubectl.ts'
import { parseAllDocuments } from 'yaml'

export const chart = join(import.meta.dirname, '../../deploy/helm/margay')

/** Values as `--set-json` takes them, by their path. */
export type Values = Readonly<Record<string, unknown>>

const valueWords = (values: Values) =>
  Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`])

/** Runs helm; rejects with its complaint. */
export const helm = (...args: readonly string[]): Promise<string> => runBeside(helmProgram, ...args)

export interface Release {
  readonly name: string
  readonly namespace: string
  readonly values?: Values
}

/** The objects of a release, without a cluster. */
export async function render({ name, namespace, values = {} }: Release): Promise<readonly KubeObject[]> {
  const text = await helm('template', name, chart, '--namespace', namespace, ...valueWords(values))
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
}

/** What the installation says at its end, without a cluster. */
export const notesOf = ({ name, namespace, values = {} }: Release): Promise<string> =>
  helm('install', name, chart, '--dry-run=client', '--namespace', namespace, ...valueWords(values)).then(
    (text) => text.split(/^NOTES:$/m)[1] ?? '',
  )

export const install = (kubeconfig: string, { name, namespace, values = {} }: Release): Promise<string> =>
  helm('install', name, chart, '--kubeconfig', kubeconfig, '--namespace', namespace, ...valueWords(values))

export const upgrade = (kubeconfig: string, { name, namespace, values = {} }: Release): Promise<string> =>
  helm('upgrade', name, chart, '--kubeconfig', kubeconfig, '--namespace', namespace, ...valueWords(values))

export const uninstall = (kubeconfig: string, { name, namespace }: Release): Promise<string> =>
  helm('uninstall', name, '--kubeconfig', kubeconfig, '--namespace', namespace, '--wait')
