// `margay policy lint`: what is legal and most likely not meant, with file and line.
import type { Finding } from '@margay/policy'
import { lint, lintExitCode } from '@margay/policy'
import { Command, Option } from 'commander'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { formatCount } from '../../output/numbers.ts'
import type { Paint } from '../../output/paint.ts'
import { safeText } from '../../output/safe-text.ts'
import type { Cluster, Fault } from './cluster.ts'
import { clusterOf, placeText, stepsOf, tellStrangers } from './cluster.ts'
import type { Place } from './manifests.ts'
import { readManifests } from './manifests.ts'
import { addPods } from './options.ts'
import { plural } from './words.ts'

interface Options {
  readonly pods?: readonly string[]
  readonly strict?: boolean
  readonly output: 'text' | 'json'
}

interface PlacedFinding extends Finding {
  readonly place: Place | undefined
}

/** Rules stand below `spec`; what a finding calls its path begins there, unless it names `spec` itself. */
function placeOf({ policy, path }: Finding, { policies }: Cluster): Place | undefined {
  const steps = stepsOf(path)
  return policies.get(policy)?.placeOf(steps[0] === 'spec' || steps[0] === 'metadata' ? steps : ['spec', ...steps])
}

const ofFault = ({ severity, object, path, message, place }: Fault): PlacedFinding => ({
  check: 'invalid',
  severity,
  policy: object ?? 'not readable',
  path,
  message,
  place,
})

/** Everything found: first what the files themselves say wrong, then by file and line. */
export function findingsOf(cluster: Cluster): readonly PlacedFinding[] {
  const found = lint(cluster.snapshot).map((finding) => ({ ...finding, place: placeOf(finding, cluster) }))
  return [...cluster.faults.map(ofFault), ...found]
}

const severityPaint: Readonly<Record<Finding['severity'], (paint: Paint) => (text: string) => string>> = {
  error: (paint) => paint.deny,
  warning: (paint) => paint.warn,
  note: (paint) => paint.faint,
}

function findingLine({ severity, policy, path, message, check, place }: PlacedFinding, paint: Paint): string {
  const where = place ? `${placeText(place)}: ` : ''
  const what = safeText(`${policy}${path && ` ${path}`}: ${message}`)
  const document = place ? `document ${place.document}: ` : ''
  return `${where}${severityPaint[severity](paint)(severity)}: ${document}${what} ${paint.faint(`[${check}]`)}`
}

const findingJson = ({ severity, policy, path, message, check, place }: PlacedFinding) => ({
  file: place?.file,
  line: place?.line,
  document: place?.document,
  severity,
  check,
  policy,
  path,
  message,
})

function summaryOf(findings: readonly Finding[], policies: number): string {
  const count = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length
  const words = (['error', 'warning', 'note'] as const).map((severity) => plural(count(severity), severity))
  return `${policies === 1 ? '1 policy' : `${formatCount(policies)} policies`}: ${words.join(', ')}`
}

function tellGaps({ output }: Context, { snapshot }: Cluster): void {
  if (snapshot.policies.length > 0 && snapshot.pods.length + snapshot.hostEndpoints.length === 0) {
    output.err('no pods are in the files, so whom policies select was not checked; --pods FILE brings them\n')
  }
}

async function lintFiles(context: Context, files: readonly string[], options: Options): Promise<void> {
  const cluster = clusterOf(await readManifests([...files, ...(options.pods ?? [])]))
  const findings = findingsOf(cluster)
  const { output, paint } = context
  if (options.output === 'json') await output.out(`${JSON.stringify(findings.map(findingJson), undefined, 2)}\n`)
  else {
    const lines = findings.map((finding) => findingLine(finding, paint))
    await output.out(
      [...lines, summaryOf(findings, cluster.snapshot.policies.length)].map((line) => `${line}\n`).join(''),
    )
  }
  tellStrangers(context, cluster)
  tellGaps(context, cluster)
  const isBad = lintExitCode(findings) !== 0
  if (isBad) throw new CliError('errors were found; an API server would refuse what they are about', 1)
  if (options.strict && findings.some(({ severity }) => severity === 'warning')) {
    throw new CliError('warnings were found, and --strict was given', 1)
  }
}

const examples = `
Examples:
  margay policy lint policies
  margay policy lint policies --pods pods.yaml
  margay policy lint policies --strict -o json
  kubectl get networkpolicies,namespaces,pods -A -o yaml | margay policy lint -

Finds policies and peers that select nobody, shadowed and unreachable rules, port names that nobody has, rules whose
emptiness means everything or nothing, ties of order, and whatever an API server would refuse. Each line names file
and line. Whom policies select can be told only where pods are among the files.
Exit codes: 0 no errors, 1 errors, or warnings with --strict, 2 the command is wrong or a file cannot be read.`

export function lintCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('lint')
    .description('find what is legal in policies and most likely not meant')
    .argument('<dir...>', 'files, directories with all below them, or -')
    .option('--strict', 'exit with 1 for warnings too')
    .addOption(new Option('-o, --output <form>', 'form').choices(['text', 'json']).default('text'))
    .addHelpText('after', examples)
  addPods(command)
  return command.action((files: readonly string[], options: Options) => lintFiles(contextOf(command), files, options))
}
