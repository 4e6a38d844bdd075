// Pods of the suites: those that do nothing, in which tests run commands, and those that listen and call as they are told. Who
// they are, and what may reach them, is for each suite.
import { imageNames } from '../build/images.ts'
import type { KubeObject } from '../parts/kubectl.ts'

type Fields = Readonly<Record<string, unknown>>

interface Named {
  readonly name: string
  readonly namespace: string
}

interface IdlePod extends Named {
  /** Any where none is named. */
  readonly node?: string
  /** More of its specification. */
  readonly more?: Fields
}

/** It does nothing and has `curl` and `dig`. */
export const idlePod = ({ node, more = {}, ...named }: IdlePod): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...named, labels: { app: named.name } },
  spec: {
    ...(node !== undefined && { nodeName: node }),
    ...more,
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: 'main', image: imageNames.tools, imagePullPolicy: 'Never', command: ['/bin/sleep', '1000000'] },
    ],
  },
})

/** Selects the pod `mute` and admits nothing that it sends. */
export const silence = (namespace: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'silence', namespace },
  spec: { podSelector: { matchLabels: { app: 'mute' } }, policyTypes: ['Egress'] },
})

/** What the shop's program is told to do. */
export interface Task {
  readonly listen?: readonly object[]
  readonly calls?: readonly object[]
  /** Ends after so many rounds of its calls. */
  readonly rounds?: number
}

/** A container that runs the shop's program by one of its names. */
export const shopContainer = (command: readonly string[], { listen = [], calls = [], rounds }: Task) => ({
  name: 'main',
  image: imageNames.shop,
  imagePullPolicy: 'Never',
  command,
  env: [
    { name: 'SHOP_LISTEN', value: JSON.stringify(listen) },
    { name: 'SHOP_CALLS', value: JSON.stringify(calls) },
    ...(rounds === undefined ? [] : [{ name: 'SHOP_ROUNDS', value: String(rounds) }]),
  ],
})

/** A controller of pods that are selected by their `app`; `more` is its own part of the specification. */
export function workload(kind: string, { name, namespace }: Named, podSpec: Fields, more: Fields = {}): KubeObject {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: podSpec }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: { selector: { matchLabels: labels }, template, ...more },
  }
}
