/** The mark: a margay's spots. */
export function Brand() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="1" width="18" height="18" rx="5" fill="var(--accent)" />
      <g fill="none" stroke="var(--surface)" strokeWidth="1.6">
        <circle cx="6.4" cy="7" r="1.7" />
        <circle cx="13.4" cy="6.3" r="1.3" />
        <circle cx="10.4" cy="13" r="2.1" />
        <circle cx="15" cy="12" r=".7" />
        <circle cx="5" cy="12.4" r=".7" />
      </g>
    </svg>
  )
}
