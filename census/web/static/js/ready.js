// Runs before the first paint: says that modules run here (hides what is only for pages without
// JavaScript) and puts on the reader's theme, so that nothing jumps.
(function () {
  const root = document.documentElement;
  if ('noModule' in HTMLScriptElement.prototype) root.classList.add('js');
  let themes = '';
  try { themes = localStorage.getItem('themes') || ''; } catch (refused) { themes = ''; }
  const known = themes.split(' ').filter((name) => name === 'large-text' || name === 'high-contrast');
  root.classList.add.apply(root.classList, known);
  document.addEventListener('DOMContentLoaded', () => document.body.classList.add(...known));
})();
