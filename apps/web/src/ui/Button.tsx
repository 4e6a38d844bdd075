// The one button of the console: plain, quiet (no frame until hovered) or primary (at most one on a page).
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { Icon, type IconName } from './Icon.tsx'
import css from './Button.module.css'

export interface ButtonLook {
  readonly look?: 'plain' | 'quiet' | 'primary'
  readonly small?: boolean
}

interface Props extends ButtonLook, ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon?: IconName
  readonly children?: ReactNode
  readonly ref?: Ref<HTMLButtonElement>
}

/** The classes of a button, for links that look like one. */
export function buttonClass({ look = 'plain', small = false }: ButtonLook, square = false): string {
  const names = [css.button, look !== 'plain' && css[look], small && css.small, square && css.square]
  return names.filter(Boolean).join(' ')
}

export function Button({ look = 'plain', small = false, icon, children, className, ...rest }: Props) {
  const names = [buttonClass({ look, small }), className].filter(Boolean).join(' ')
  return (
    <button type="button" className={names} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  )
}

interface IconButtonProps extends ButtonLook, Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'aria-label'> {
  readonly icon: IconName
  /** What it does, for a screen reader and as its tooltip. */
  readonly label: string
  readonly ref?: Ref<HTMLButtonElement>
}

export function IconButton({ look = 'quiet', small = true, icon, label, className, ...rest }: IconButtonProps) {
  const names = [buttonClass({ look, small }, true), className].filter(Boolean).join(' ')
  return (
    <button type="button" className={names} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  )
}
