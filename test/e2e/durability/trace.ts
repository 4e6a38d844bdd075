// Reads what strace saw: for each acknowledgement that went out, what had been completed since the one before.

export interface Acknowledgement {
  readonly before: readonly string[]
}

/** A call that another thread interrupted is printed in two lines; it counts where it ends. */
function completed(lines: readonly string[]): string[] {
  const begun = new Map<string, string>()
  const done: string[] = []
  for (const line of lines) {
    const [pid] = line.split(/\s+/, 1)
    const unfinished = / <unfinished \.\.\.>$/.exec(line)
    const resumed = /<\.\.\. \w+ resumed>(.*)$/.exec(line)
    if (unfinished) begun.set(pid!, line.slice(0, unfinished.index))
    else if (resumed) done.push(`${begun.get(pid!) ?? ''}${resumed[1]}`)
    else done.push(line)
  }
  return done
}

function eventOf(line: string): string | undefined {
  if (/fsync\(\d+<[^>]*\.segment\.draft>\)\s+= 0/.test(line)) return 'segment synced'
  if (/rename\("[^"]*\.segment\.draft", "[^"]*\.segment"\)\s+= 0/.test(line)) return 'segment named'
  if (/fsync\(\d+<[^>]*\/segments>\)\s+= 0/.test(line)) return 'directory synced'
  return undefined
}

/** Checkpoints of marks sync the directory as well; only what belongs to a segment is told. */
export function acknowledgements(trace: string): readonly Acknowledgement[] {
  const found: Acknowledgement[] = []
  let before: string[] = []
  for (const line of completed(trace.split('\n'))) {
    const event = eventOf(line)
    if (event === 'segment synced') before = [event]
    else if (event !== undefined && before.length > 0 && !before.includes(event)) before.push(event)
    if (!line.includes('\\"result\\":\\"stored\\"')) continue
    found.push({ before })
    before = []
  }
  return found
}
