// Costs, counted in steps: a change of one pod or of one policy costs what it touches, however large the rest is.
import { describe, expect, it } from 'vitest'
import { parseSnapshot } from '../objects/parse.ts'
import { policyKey } from '../objects/policy.ts'
import { podKey } from '../objects/snapshot.ts'
import type { Selector } from '../selector/ast.ts'
import { flow } from '../testing/yaml.ts'
import { createEngine, createEngineInSteps } from './engine.ts'

/** Namespaces with ten workloads of two pods and one policy each. */
function clusterOf(namespaces: number) {
  const documents = Array.from({ length: namespaces }, (_, index) => {
    const namespace = `n${index}`
    const pods = Array.from({ length: 20 }, (_, pod) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: `p${pod}`, labels: { app: `app${pod % 10}` } },
      status: { podIP: `10.${index}.0.${pod + 1}` },
    }))
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace, name: 'policy' },
      spec: {
        podSelector: { matchLabels: { app: 'app1' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'app2' } } }] }],
      },
    }
    return [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } },
      ...pods,
      policy,
    ]
  })
  return parseSnapshot(documents.flat()).snapshot
}

function warmEngine(namespaces: number) {
  const snapshot = clusterOf(namespaces)
  const engine = createEngine(snapshot)
  for (const pod of snapshot.pods) engine.policiesOf(podKey(pod))
  return { snapshot, engine }
}

function stepsOf(namespaces: number, change: (warm: ReturnType<typeof warmEngine>) => void): number {
  const warm = warmEngine(namespaces)
  const before = { ...warm.engine.work }
  change(warm)
  for (const pod of warm.snapshot.pods) warm.engine.policiesOf(podKey(pod))
  const { work } = warm.engine
  return (
    work.plansMade -
    before.plansMade +
    work.selectorTests -
    before.selectorTests +
    work.identitiesVisited -
    before.identitiesVisited
  )
}

describe('the cost of a change', () => {
  it('of one pod does not grow with the cluster', () => {
    const change = ({ snapshot, engine }: ReturnType<typeof warmEngine>) => {
      const [pod] = snapshot.pods
      if (pod) engine.apply({ put: 'pod', value: { ...pod, labels: new Map([['app', 'new']]) } })
    }
    expect(stepsOf(40, change)).toBe(stepsOf(4, change))
    expect(stepsOf(4, change)).toBeLessThan(5)
  })

  it('of one policy does not grow with the cluster', () => {
    const change = ({ snapshot, engine }: ReturnType<typeof warmEngine>) => {
      const [policy] = snapshot.policies
      if (policy) engine.apply({ put: 'policy', value: { ...policy, ingress: [] } })
    }
    expect(stepsOf(40, change)).toBe(stepsOf(4, change))
  })
})

describe('an engine that is made in steps', () => {
  it('judges as one that is made at once, and gives way once in some hundred pods and policies', () => {
    const snapshot = clusterOf(50)
    const steps = createEngineInSteps(snapshot)
    let turns = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) turns += 1
    expect(turns).toBe(Math.ceil((50 * 20 + 50) / 200))
    const asked = [flow('n1/p2', 'n1/p1', 'tcp/80'), flow('n2/p2', 'n1/p1', 'tcp/80'), flow('n1/p2', 'n1/p3', 'tcp/80')]
    const verdictsOf = (engine: ReturnType<typeof createEngine>) => asked.map((each) => engine.evaluate(each).verdict)
    expect(verdictsOf(step.value)).toEqual(verdictsOf(createEngine(snapshot)))
    expect(verdictsOf(step.value)).toEqual(['allow', 'deny', 'allow'])
  })
})

describe('flows that were judged before', () => {
  it('are judged again only when something that they rest on changed', () => {
    const { snapshot, engine } = warmEngine(2)
    const question = flow('n0/p2', 'n0/p1', 'tcp/80')
    const judged = () => engine.work.flowsJudged
    expect(engine.evaluate(question).verdict).toBe('allow')
    const once = judged()
    engine.evaluate(question)
    expect(judged()).toBe(once)
    const foreign = snapshot.policies.find((policy) => policy.namespace === 'n1') ?? expect.fail('no policy in n1')
    engine.apply({ remove: 'policy', key: policyKey(foreign) })
    const pod = snapshot.pods.find((each) => podKey(each) === 'n1/p3') ?? expect.fail('no pod n1/p3')
    engine.apply({ put: 'pod', value: { ...pod, labels: new Map([['app', 'app2']]) } })
    engine.evaluate(question)
    expect(judged()).toBe(once)
    const source = snapshot.pods.find((each) => podKey(each) === 'n0/p2') ?? expect.fail('no pod n0/p2')
    engine.apply({ put: 'pod', value: { ...source, labels: new Map([['app', 'other']]) } })
    expect(engine.evaluate(question).verdict).toBe('deny')
    expect(judged()).toBe(once + 1)
  })
})

describe('a flow that is followed', () => {
  it('is judged again only when something that it rests on changed, and its answer is the same object until then', () => {
    const { snapshot, engine } = warmEngine(2)
    const followed = engine.follow(flow('n0/p2', 'n0/p1', 'tcp/80'))
    const first = followed.enforced()
    const once = engine.work.flowsJudged
    const foreign = snapshot.policies.find((policy) => policy.namespace === 'n1') ?? expect.fail('no policy in n1')
    engine.apply({ remove: 'policy', key: policyKey(foreign) })
    expect(followed.enforced()).toBe(first)
    expect([engine.work.flowsJudged, engine.sizes().flows]).toEqual([once, 0])
    const [own] = snapshot.policies
    if (own) engine.apply({ put: 'policy', value: { ...own, ingress: [] } })
    expect(followed.enforced().verdict).toBe('deny')
  })

  it('is not judged again for the endpoints of a service while no policy asks for one', () => {
    const { snapshot, engine } = warmEngine(1)
    const followed = engine.follow(flow('n0/p2', 'n0/p1', 'tcp/80'))
    const slice = { namespace: 'n0', service: 'db', addresses: [], ports: [] }
    const first = followed.enforced()
    engine.apply({ put: 'service', key: 's1', value: slice })
    expect(followed.enforced()).toBe(first)
    const [own] = snapshot.policies
    const rules =
      own?.ingress?.map((rule) => ({ ...rule, source: { services: { namespace: 'n0', name: 'db' } } })) ?? []
    if (own) engine.apply({ put: 'policy', value: { ...own, ingress: rules } })
    expect(followed.enforced().verdict).toBe('deny')
    const [client] = snapshot.pods.filter((pod) => podKey(pod) === 'n0/p2')
    engine.apply({ put: 'service', key: 's1', value: { ...slice, addresses: client?.addresses ?? [] } })
    expect(followed.enforced().verdict).toBe('allow')
  })
})

describe('an end of which nothing is known but that it is ours', () => {
  it('makes unknown what asks for its labels, by its name, and nothing else', () => {
    const engine = createEngine(clusterOf(1))
    const gone = { unnamed: 'the pod that had 10.0.0.99' }
    const asking = engine.evaluate({ ...flow('n0/p2', 'n0/p1', 'tcp/80'), source: gone })
    expect(asking.destination).toMatchObject({
      verdict: 'unknown',
      missing: [{ kind: 'endpoint', text: 'labels of the pod that had 10.0.0.99' }],
    })
    expect(engine.evaluate({ ...flow('n0/p2', 'n0/p3', 'tcp/80'), source: gone }).destination?.verdict).toBe('allow')
  })
})

describe('a namespace that changes', () => {
  it('hands its new labels to its pods, and to no other', () => {
    const { snapshot } = warmEngine(2)
    const [first] = snapshot.policies
    const selector: Selector = { kind: 'equals', label: 'pcns.env', value: 'prod' }
    const asking = first && {
      ...first,
      ingress: first.ingress?.map((rule) => ({ ...rule, source: { selector } })) ?? [],
    }
    const asked = createEngine({ ...snapshot, policies: asking ? [asking] : [] })
    const [near, far] = [flow('n0/p2', 'n0/p1', 'tcp/80'), flow('n1/p2', 'n0/p1', 'tcp/80')]
    const verdicts = () => [near, far].map((question) => asked.evaluate(question).verdict)
    expect(verdicts()).toEqual(['deny', 'deny'])
    asked.apply({ put: 'namespace', value: { name: 'n1', labels: new Map([['env', 'prod']]) } })
    expect(verdicts()).toEqual(['deny', 'allow'])
    asked.apply({ remove: 'namespace', key: 'n1' })
    expect(verdicts()).toEqual(['deny', 'unknown'])
  })
})

describe('what is held', () => {
  it('does not grow with pods that come and go', () => {
    const { snapshot, engine } = warmEngine(2)
    const before = engine.sizes().identities
    const pod = snapshot.pods[0] ?? expect.fail('no pod')
    for (let round = 0; round < 50; round += 1) {
      engine.apply({ put: 'pod', value: { ...pod, name: 'guest', labels: new Map([['round', String(round)]]) } })
      engine.policiesOf('n0/guest')
    }
    engine.apply({ remove: 'pod', key: 'n0/guest' })
    expect(engine.sizes().identities).toBe(before)
  })

  it('forgets flows beyond the number that it was told to remember', () => {
    const engine = createEngine(clusterOf(1), { remember: 5 })
    for (let port = 1; port <= 12; port += 1) engine.evaluate(flow('n0/p2', 'n0/p1', `tcp/${port}`))
    expect(engine.sizes().flows).toBeLessThanOrEqual(5)
  })
})
