// Line icons of 16 by 16, drawn with the colour of the text around them. They never stand alone for a meaning.

export const iconPaths = {
  graph: 'M4 4h0M12 3h0M8 12h0M4 4l8-1M4 4l4 8M12 3l-4 9',
  explore: 'M7 2.5a4.5 4.5 0 1 0 .01 0M10.5 10.5 14 14',
  collection:
    'M8 2.5c3 0 5 .8 5 2s-2 2-5 2-5-.8-5-2 2-2 5-2M3 4.5v7c0 1.2 2 2 5 2s5-.8 5-2v-7M3 8c0 1.2 2 2 5 2s5-.8 5-2',
  time: 'M8 2a6 6 0 1 0 .01 0M8 5v3.5l2.5 1.5',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  filterIn: 'M8 2a6 6 0 1 0 .01 0M8 5.4v5.2M5.4 8h5.2',
  filterOut: 'M8 2a6 6 0 1 0 .01 0M5.4 8h5.2',
  pin: 'M6 2h4l-.5 4.5L12 9H4l2.5-2.5zM8 9v5',
  caret: 'M5 2l6 6-6 6',
  down: 'M8 2v12M3 9l5 5 5-5',
  up: 'M8 14V2M3 7l5-5 5 5',
  chevron: 'M3.5 6 8 10.5 12.5 6',
  back: 'M10 3 5 8l5 5',
  forward: 'M6 3l5 5-5 5',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3l8 5-8 5z',
  check: 'M2.5 8.5 6 12l7.5-8',
  export: 'M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  fields: 'M3 4h10M3 8h7M3 12h4',
  histogram: 'M3 13.5V9M6.3 13.5V5M9.7 13.5V7M13 13.5V3',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5',
  link: 'M6.5 9.5l3-3M7 4.5 8.8 2.7a3 3 0 0 1 4.3 4.3L11.4 8.8M9 11.5l-1.8 1.8a3 3 0 0 1-4.3-4.3L4.6 7.2',
  copy: 'M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6',
  off: 'M8 2.5v5M4.5 4.5a5 5 0 1 0 7 0',
  edit: 'M3 13l.7-3L11 2.7l2.3 2.3L6 12.3z',
  negate: 'M8 2a6 6 0 1 0 .01 0M3.8 3.8l8.4 8.4',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  sun: 'M8 5.2a2.8 2.8 0 1 0 .01 0M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M12.6 3.4l-.8.8M4.2 11.8l-.8.8',
  moon: 'M13.2 9.4A5.6 5.6 0 0 1 6.6 2.8 5.6 5.6 0 1 0 13.2 9.4',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6',
  workload: 'M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6',
  service: 'M3 5h10M3 8h10M3 11h10M5.5 3v10',
  host: 'M2.5 3h11v7h-11zM6 13.5h4M8 10v3.5',
  networkSet: 'M4.5 4.5h7v7h-7zM2 2h.01M14 2h.01M2 14h.01M14 14h.01',
  globe: 'M8 2a6 6 0 1 0 .01 0M2 8h12M8 2c2 1.7 2.5 3.6 2.5 6S10 12.3 8 14C6 12.3 5.5 10.4 5.5 8S6 3.7 8 2',
  private: 'M4 7.5h8v6H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2',
  warning: 'M8 2 14.5 13.5h-13zM8 6.5v3.5M8 12h.01',
} as const

export type IconName = keyof typeof iconPaths

export function Icon({ name, size = 14 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      <path d={iconPaths[name]} />
    </svg>
  )
}
