// The colours of KQL in an editor, by the tags that CodeMirror themes know.
import { styleTags, tags } from '@lezer/highlight'

export const highlighting = styleTags({
  'Field/Unquoted Field/Quoted': tags.propertyName,
  'Value/Unquoted': tags.literal,
  'Value/Quoted': tags.string,
  OpenQuote: tags.invalid,
  'And Or Not': tags.operatorKeyword,
  Comparison: tags.compareOperator,
  Colon: tags.punctuation,
  '( )': tags.paren,
  '{ }': tags.brace,
})
