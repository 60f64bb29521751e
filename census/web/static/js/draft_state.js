// How far a draft on this phone is, in colour and words.

/** A draft's state: colour and words. @param {any} draft @returns {[string, string]} */
export function stateOf(draft) {
  const { error, warning, blank } = draft.counts;
  if (error) return ['red', `✕ ${error} 处错误`];
  if (draft.is_done) return warning ? ['amber', `! ${warning} 处待说明`] : ['green', '✓ 填好，待签字'];
  return ['blue', blank ? `✎ 填报中，剩 ${blank} 项` : '✎ 填报中'];
}
