// Places of addresses outside: one for each class. The address that was seen first speaks for its class, for as long as it is
// in no finer one and nobody's by name; then the next one does, and what was judged before is remembered as of the place
// before.
import type { Address, FlowEnd } from '@margay/policy'
import type { AddressClass, AddressClasses } from './address-classes.ts'
import type { KnownAddresses } from './known-addresses.ts'
import type { Place } from './places.ts'

export interface ClassPlaceDeps {
  readonly classes: AddressClasses
  readonly known: KnownAddresses
  readonly make: (end: FlowEnd, since: number, coarser: Place | undefined) => Place
}

interface Speaker {
  readonly place: Place
  readonly address: Address
  readonly ip: string
  /** Versions of blocks and known addresses by which it was found to speak for its class. */
  checked: number
}

export interface ClassPlaces {
  of(address: Address, ip: string): Place
  /** The place of the address's class, if it was asked for. */
  known(address: Address): Place | undefined
  /** As many as there are blocks. */
  readonly size: number
}

export function createClassPlaces({ classes, known, make }: ClassPlaceDeps): ClassPlaces {
  const speakers = new Map<AddressClass, Speaker>()
  const version = () => classes.version + known.version

  const stillSpeaks = (speaker: Speaker, finest: AddressClass): boolean => {
    // Fast path: nothing became known since.
    if (speaker.checked === version()) return true
    if (classes.finest(speaker.address) !== finest || known.of(speaker.ip) !== undefined) return false
    speaker.checked = version()
    return true
  }
  /** When the speaker before left the class, or the class was told apart from a coarser one. */
  const sinceOf = (finest: AddressClass, before: Speaker | undefined): number =>
    before ? Math.max(classes.finest(before.address).since, known.changedAt) : finest.since

  const appoint = (address: Address, ip: string, finest: AddressClass, before: Speaker | undefined): Place => {
    // What was seen in a coarser class is known there already.
    const [, ...coarser] = classes.of(address)
    const earlier = before ?? coarser.map((each) => speakers.get(each)).find((each) => each !== undefined)
    const place = make({ address, isNobodys: true }, sinceOf(finest, before), earlier?.place)
    speakers.set(finest, { place, address, ip, checked: version() })
    return place
  }
  return {
    of(address, ip) {
      const finest = classes.finest(address)
      const speaker = speakers.get(finest)
      return speaker && stillSpeaks(speaker, finest) ? speaker.place : appoint(address, ip, finest, speaker)
    },
    known: (address) => speakers.get(classes.finest(address))?.place,
    get size() {
      return speakers.size
    },
  }
}
