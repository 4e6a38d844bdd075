// Maps that keep the newest of what they are given. A map tells its keys in the order in which they were set.

/** Sets as the newest, and lets the oldest go where there would be more than `most`. Gives the value back. */
export function setNewest<K, V>(map: Map<K, V>, key: K, value: V, most: number): V {
  // Deleted first, so that the order is that of the last setting.
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value!)
  return value
}
