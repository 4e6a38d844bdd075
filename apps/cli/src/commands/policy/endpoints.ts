// `margay policy endpoints`: whom a policy of the server selects.
import { Command } from 'commander'
import type { Context } from '../../context.ts'
import type { EndpointOptions } from '../endpoints.ts'
import { addEndpointFilters, listEndpoints } from '../endpoints.ts'

const examples = `
Examples:
  margay policy endpoints shop/db
  margay policy endpoints threats --denied --since 10m
  margay policy endpoints shop/db --at 1h -o wide

POLICY is a name, namespace/name, or an id as "margay policy list -o wide" prints it.
Exit codes: 0 listed, also where it selects nobody, 2 the command is wrong, 3 no server answers.`

export function policyEndpointsCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('endpoints')
    .description('list the endpoints that a policy of the server selects')
    .argument('<policy>', 'name, namespace/name or id')
    .addHelpText('after', examples)
  return addEndpointFilters(command).action((policy: string, options: EndpointOptions) =>
    listEndpoints(contextOf(command), undefined, { ...options, policy }),
  )
}
