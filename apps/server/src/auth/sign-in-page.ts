// The page on which a person pastes a token, and on which they see who they are. Plain HTML: it needs no script and no
// part of the console, so it works before anything is let through.

export interface SignInView {
  /** Where to go afterwards, a path of ours. */
  readonly to: string
  /** Who is signed in. */
  readonly user?: string | undefined
  /** What went wrong, a sentence without a final stop. */
  readonly problem?: string | undefined
  /** How a person comes by a token here. */
  readonly advice: string
}

export const signInPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Text as HTML shows it, in an attribute too. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!)

const style = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34em; margin: 12vh auto; padding: 0 1.5em }
h1 { font-size: 1.4em }
label { display: block; font-weight: 600 }
input { display: block; width: 100%; box-sizing: border-box; font: 14px/1.5 ui-monospace, monospace; padding: .5em; margin: .4em 0 1em }
button { font: inherit; padding: .4em 1.2em }
code { font: 14px/1.5 ui-monospace, monospace }
.problem { border-left: 4px solid #c0392b; padding-left: .8em }
form + form { margin-top: 1em }
`

function signedIn({ user, to }: SignInView): string {
  if (user === undefined) return ''
  return `<p>You are signed in as <strong>${escapeHtml(user)}</strong>. <a href="${escapeHtml(to)}">Go on</a></p>
<form method="post" action="/sign-out"><button>Sign out</button></form>`
}

export function signInPage(view: SignInView): string {
  const { to, problem, advice } = view
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in · Margay</title>
<style>${style}</style>
<main>
<h1>Sign in to Margay</h1>
${problem === undefined ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`}
${signedIn(view)}
<form method="post" action="/sign-in">
<input type="hidden" name="to" value="${escapeHtml(to)}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required autofocus>
<button>Sign in</button>
</form>
<p>${advice}</p>
</main>
</html>
`
}
