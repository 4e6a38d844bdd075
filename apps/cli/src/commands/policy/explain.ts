// `margay policy explain`: one flow, which policy and which rule decides it, in words.
import { printEnterpriseHit } from '@margay/model'
import type { Explanation, Flow, Mode, Snapshot } from '@margay/policy'
import { carriesPorts, explain, protocolName, protocolNumber } from '@margay/policy'
import { Command, Option } from 'commander'
import { addAt } from '../../ask/as-of.ts'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { safeText } from '../../output/safe-text.ts'
import { explanationLines, refuseOther } from './explanation-lines.ts'
import type { ExplainOptions } from './explanation-lines.ts'
import { clusterOf, refuseErrors, tellFaults } from './cluster.ts'
import { endWords, portNumber, readEnd, strangerOf } from './end.ts'
import { endsHint, explainServer } from './explain-server.ts'
import { readManifests } from './manifests.ts'
import { addPending, addPods, modeOf, paths } from './options.ts'

interface Options extends ExplainOptions {
  /** With files the server is not asked. */
  readonly policies?: readonly string[]
  readonly pods?: readonly string[]
  readonly at?: string
  readonly record?: string
}

interface FileOptions extends ExplainOptions {
  readonly policies: readonly string[]
  readonly pods?: readonly string[]
  readonly from: string
  readonly to: string
}

function readProtocol(text: string): number {
  const number = protocolNumber(text)
  if (number) return number
  throw new CliError(`cannot read --protocol "${text}"; tcp, udp, sctp, icmp, icmpv6 or a number is expected`, 2)
}

/** The flow that was asked about. Throws where something is missing that every such flow has. */
export function readFlow(options: Pick<FileOptions, 'from' | 'to' | 'protocol'>, snapshot: Snapshot): Flow {
  const protocol = readProtocol(options.protocol)
  const from = readEnd('--from', options.from)
  const to = readEnd('--to', options.to)
  const flow = { source: from.end, destination: to.end, protocol }
  if (!carriesPorts(protocol)) {
    if (from.port === undefined && to.port === undefined) return flow
    throw new CliError(`${protocolName(protocol)} has no ports; leave ":${to.port ?? from.port}" out`, 2)
  }
  if (to.port === undefined) throw new CliError(`--to lacks a port; write --to ${endWords(to.end)}:80`, 2)
  return {
    ...flow,
    ...(from.port !== undefined && { sourcePort: portNumber(from.port, from.end, protocol, snapshot) }),
    port: portNumber(to.port, to.end, protocol, snapshot),
  }
}

function explanationJson({ evaluation, headline, directions }: Explanation, flow: Flow, mode: Mode) {
  const results = [evaluation.source, ...evaluation.hops, evaluation.destination].flatMap((result) => result ?? [])
  return {
    verdict: evaluation.verdict,
    headline,
    source: endWords(flow.source),
    destination: endWords(flow.destination),
    protocol: protocolName(flow.protocol),
    port: flow.port,
    mode,
    missing: evaluation.missing.map(({ text }) => text),
    directions: directions.map(({ direction, endpoint, verdict, sentence, fix }, index) => ({
      direction,
      endpoint,
      verdict,
      sentence,
      to_admit_it: fix?.text,
      trace: results[index]!.trace.map(printEnterpriseHit),
    })),
  }
}

function tellUnknownPods({ output }: Context, flow: Flow, snapshot: Snapshot): void {
  for (const name of new Set([flow.source, flow.destination].flatMap((end) => strangerOf(end, snapshot) ?? []))) {
    output.err(`pod ${safeText(name)} is in none of the files, so its labels are not known; --pods FILE brings them\n`)
  }
}

async function explainFiles(context: Context, options: FileOptions): Promise<void> {
  const cluster = clusterOf(await readManifests([...options.policies, ...(options.pods ?? [])]))
  const { snapshot } = cluster
  tellFaults(context, cluster)
  const flow = readFlow(options, snapshot)
  tellUnknownPods(context, flow, snapshot)
  const mode = modeOf(options)
  const explanation = explain(flow, snapshot, mode)
  if (options.output === 'json') {
    await context.output.out(`${JSON.stringify(explanationJson(explanation, flow, mode), undefined, 2)}\n`)
  } else
    await context.output.out(
      explanationLines(explanation, explanation.evaluation.verdict, context.paint)
        .map((line) => `${line}\n`)
        .join(''),
    )
  refuseErrors(cluster)
  refuseOther(explanation.evaluation.verdict, options)
}

/** Of files where files are named, else of the server. Throws where the options are of both. */
function explainFlow(context: Context, { policies, ...options }: Options): Promise<void> {
  if (!policies) {
    if (!options.pods) return explainServer(context, options)
    throw new CliError('--pods goes with --policies; without files the server is asked, which knows its pods', 2)
  }
  const { from, to, at, record } = options
  if (at !== undefined || record !== undefined) {
    const flag = at === undefined ? '--record' : '--at'
    throw new CliError(`${flag} asks the server, and --policies reads files; give one of them`, 2)
  }
  if (from !== undefined && to !== undefined) return explainFiles(context, { ...options, policies, from, to })
  throw new CliError(`${from === undefined ? '--from' : '--to'} is missing; ${endsHint}`, 2)
}

const examples = `
Of the server's cluster, now or as it was:
  margay policy explain --from shop/web --to shop/db:5432
  margay policy explain --from ops/probe --to shop/db:sql --at 1h
  margay policy explain --from n1 --to svc/shop/db:5432
  margay policy explain --from shop/web --to api.example.com:443
  margay observe --verdict deny --last 1 -o json | margay policy explain --record -

Examples:
  margay policy explain --policies policies --from shop/web --to shop/db:5432
  margay policy explain --policies policies --pods pods.yaml --from ops/probe --to shop/db:sql
  margay policy explain --policies policies --from 192.0.2.9 --to shop/web:53 --protocol udp -o json
  margay policy explain --policies policies --from shop/web --to 203.0.113.9 --protocol icmp
  margay policy explain --policies policies --from shop/web --to shop/db:5432 --pending
  margay policy explain --policies policies --from ops/probe --to shop/db:5432 --expect deny

With --policies files alone are read; without, the server is asked. A record is judged by the objects of its own time.
An end is namespace/pod or an address, and of the server's cluster also namespace/workload, svc/namespace/service,
a node, a host endpoint, or (in --to) a domain name, at the addresses of the hour before; an IPv6 address with a port
stands in brackets: [fd00::1]:443. A port is a number or the name that the pod gives it. Pods, namespaces and service
accounts may lie among the policies or come with --pods: kubectl get pods,namespaces,serviceaccounts -A -o json > pods.json
Whatever would have to be known and is not in the files makes the answer "cannot tell", and is named.
Exit codes: 0 explained, whatever the verdict, 1 another verdict than --expect or files with errors (they are named,
and the rest is judged), 2 the command is wrong or a file cannot be read, 3 no server answers.`

export function explainCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('explain')
    .description('say which policy and which rule decides a flow, and what would admit it')
    .option(
      '--policies <dir>',
      'files of policies, a directory with all below it, or -; without, the server is asked',
      paths,
    )
    .option('--from <end>', 'who starts it: namespace/pod or an address')
    .option('--to <end:port>', 'who answers, and at which port')
    .option('--record <file>', 'a flow record as JSON, or -, instead of --from and --to')
    .option('--protocol <name>', 'tcp, udp, sctp, icmp, icmpv6 or a number', 'tcp')
    .addOption(new Option('--expect <verdict>', 'exit with 1 unless it is so').choices(['allow', 'deny', 'unknown']))
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json']).default('text'))
    .addHelpText('after', examples)
  addAt(command)
  addPods(command)
  addPending(command)
  return command.action((options: Options) => explainFlow(contextOf(command), options))
}
