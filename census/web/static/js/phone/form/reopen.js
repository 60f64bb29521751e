// With scripts the page that works from the phone takes over from the one that the server filled.

const here = /** @type {HTMLElement} */ (document.getElementById('server-page'));
const { blank, unit, page, row } = here.dataset;
if (blank && 'indexedDB' in window) {
  const place = new URLSearchParams({ unit: unit || '', page: page || '' });
  if (row) place.set('row', row);
  location.replace(`${blank}#${place}`);
}
