// Runs before the first paint: says that modules run here (hides what is only for pages without
// JavaScript), puts on the reader's theme, and shows the words of the programme, so that nothing jumps.
(function () {
  const root = document.documentElement;
  if ('noModule' in HTMLScriptElement.prototype) root.classList.add('js');
  let [themes, account] = ['', ''];
  try {
    // whoever signs in next is told by the server's first page
    if (location.pathname === '/sign-in') localStorage.removeItem('account');
    [themes, account] = [localStorage.getItem('themes') || '', localStorage.getItem('account') || ''];
  } catch (refused) {
    themes = '';
  }
  root.classList.add(account.startsWith('scattered:') ? 'scattered' : 'census');
  const known = themes.split(' ').filter((name) => name === 'large-text' || name === 'high-contrast');
  root.classList.add.apply(root.classList, known);
  document.addEventListener('DOMContentLoaded', () => {
    document.body.classList.add(...known);
    const told = document.querySelector('meta[name="account"]');
    if (told) root.classList.toggle('scattered', (told.getAttribute('content') || '').startsWith('scattered:'));
    if (told) root.classList.toggle('census', !root.classList.contains('scattered'));
  });
})();
