// How far a draft on this phone is, in colour and words.

/** A draft's state: colour and words. @param {any} draft @returns {[string, string]} */
export function stateOf(draft) {
  const { error, warning, blank } = draft.counts;
  if (draft.is_done) return ['green', '✓ 填好，待签字'];
  if (error) return ['red', `✕ ${error} 处错误`];
  if (!blank && warning) return ['amber', `! ${warning} 处待说明`];
  return ['blue', blank ? `✎ 填报中，剩 ${blank} 项` : '✎ 填报中'];
}
