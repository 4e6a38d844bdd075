// Programs as they start, so that the name and the arguments of one that is gone a moment later are known.
import { recordType } from '../../kernel/layout.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector } from '../collector.ts'

const programs = ['see_exec']

export const processes: Collector = {
  name: 'processes',
  title: 'Processes',
  doc: 'Whole names and redacted arguments of programs, also of those that have ended.',
  programs,
  usable: ({ kernel }) =>
    kernel?.has('see_exec') === true || 'the kernel program see_exec is not loaded; names come from /proc',
  open(shared) {
    return {
      records: new Map([[recordType.exec, (bytes: Buffer, at: number) => shared.processes.start(bytes, at)]]),
      state: () => stateByPrograms(shared.kernel, programs),
    }
  },
}
