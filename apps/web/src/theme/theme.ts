// The visual language: every colour, font and radius of the console, for light and dark, and its mapping to Mantine. No
// other file names a colour: CSS uses the variables (`var(--deny)`), and code that draws on a canvas asks `palettes`.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

/** Text and chips have a contrast of 4.5 to 1 or more against what they stand on. */
const light = {
  bg: '#f6f6f4',
  surface: '#ffffff',
  raised: '#ffffff',
  sunken: '#efefec',
  line: '#e1e1dc',
  'line-strong': '#c9c9c2',
  text: '#1b1c1a',
  'text-2': '#575a54',
  'text-3': '#64675f',
  accent: '#4a4fd0',
  'accent-soft': '#ececfb',
  'on-accent': '#ffffff',
  focus: '#4a4fd0',
  allow: '#08746a',
  'allow-soft': '#ddf1ee',
  'allow-area': '#6fb3ab',
  deny: '#c22439',
  'deny-soft': '#fbe3e5',
  'deny-dest': '#a2349a',
  'deny-dest-soft': '#f6e2f4',
  warn: '#8f5300',
  'warn-soft': '#fbecd0',
  gap: '#8a8c86',
  hover: 'rgb(27 28 26 / 0.045)',
  shade: 'rgb(27 28 26 / 0.35)',
  shadow: '0 1px 2px rgb(0 0 0 / 0.05), 0 4px 16px rgb(0 0 0 / 0.08)',
} as const

export type Token = keyof typeof light
export type Palette = Readonly<Record<Token, string>>
export type Scheme = 'light' | 'dark'

const dark: Palette = {
  bg: '#121311',
  surface: '#1a1b19',
  raised: '#222421',
  sunken: '#161715',
  line: '#2c2e2a',
  'line-strong': '#42453f',
  text: '#ecede9',
  'text-2': '#acafa7',
  'text-3': '#979a92',
  accent: '#9aa0ff',
  'accent-soft': '#26284a',
  'on-accent': '#121311',
  focus: '#9aa0ff',
  allow: '#3fbfae',
  'allow-soft': '#12332f',
  'allow-area': '#2c7d72',
  deny: '#ff7e8a',
  'deny-soft': '#41191e',
  'deny-dest': '#e488dc',
  'deny-dest-soft': '#3a1b38',
  warn: '#f0ad4e',
  'warn-soft': '#3a2a10',
  gap: '#6f726b',
  hover: 'rgb(236 237 233 / 0.055)',
  shade: 'rgb(0 0 0 / 0.55)',
  shadow: '0 1px 2px rgb(0 0 0 / 0.4), 0 6px 20px rgb(0 0 0 / 0.35)',
}

export const palettes: Readonly<Record<Scheme, Palette>> = { light, dark }

const font = "'Inter Variable', system-ui, sans-serif"
const mono = "'JetBrains Mono Variable', ui-monospace, monospace"

/** Mantine wants ten shades of a colour; this design has one by scheme, set below by variable. */
const oneShade = (value: string) => Array.from({ length: 10 }, () => value) as unknown as MantineColorsTuple

export const theme = createTheme({
  fontFamily: font,
  fontFamilyMonospace: mono,
  primaryColor: 'accent',
  colors: { accent: oneShade(light.accent) },
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '18px', md: '20px', lg: '24px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '6px', lg: '10px', xl: '10px' },
  defaultRadius: 'sm',
  focusRing: 'auto',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 100 }, withinPortal: true } },
    Popover: { defaultProps: { transitionProps: { duration: 100 }, shadow: 'md', radius: 'lg' } },
    Menu: {
      defaultProps: {
        withInitialFocusPlaceholder: false,
        transitionProps: { duration: 100 },
        shadow: 'md',
        radius: 'lg',
      },
    },
    Drawer: { defaultProps: { transitionProps: { duration: 150 } } },
  },
})

const variables = (palette: Palette): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(palette).map(([name, value]) => [`--${name}`, value])),
  '--mantine-color-body': palette.bg,
  '--mantine-color-text': palette.text,
  '--mantine-color-dimmed': palette['text-2'],
  '--mantine-color-placeholder': palette['text-3'],
  '--mantine-color-anchor': palette.accent,
  '--mantine-color-error': palette.deny,
  '--mantine-color-default': palette.surface,
  '--mantine-color-default-hover': palette.sunken,
  '--mantine-color-default-color': palette.text,
  '--mantine-color-default-border': palette['line-strong'],
  '--mantine-color-accent-filled': palette.accent,
  '--mantine-color-accent-filled-hover': palette.accent,
  '--mantine-color-accent-light': palette['accent-soft'],
  '--mantine-color-accent-light-hover': palette['accent-soft'],
  '--mantine-color-accent-light-color': palette.accent,
  '--mantine-color-accent-outline': palette.accent,
  '--mantine-primary-color-contrast': palette['on-accent'],
  '--mantine-shadow-md': palette.shadow,
})

/** Gives `MantineProvider` our variables for both schemes. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {
    '--font': font,
    '--mono': mono,
    '--s1': '4px',
    '--s2': '8px',
    '--s3': '12px',
    '--s4': '16px',
    '--s5': '24px',
    '--r': '6px',
    '--r2': '10px',
  },
  light: variables(light),
  dark: variables(dark),
})
