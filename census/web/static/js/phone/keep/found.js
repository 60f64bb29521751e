// A unit found on the way, as the phone knows it before the server does.

import * as store from './store.js';

/**
 * @param {{id: string, name: string, address: string, kind: string, uscc: string|null, position: any}} found
 * @param {string[]} cards
 */
export async function localUnit(found, cards) {
  const [shared, account] = await Promise.all([store.get('session', 'forms'), store.get('session', 'account')]);
  const baseline = {
    unit_name: found.name,
    ...(found.address ? { address: found.address } : {}),
    ...(found.uscc ? { credit_code: found.uscc } : {}),
  };
  const forms = Object.entries((shared && shared.forms) || {}).filter(([, form]) => form.kinds[found.kind]);
  return {
    id: found.id,
    name: found.name,
    address: found.address,
    kind: found.kind,
    outcome: null,
    region_code: '',
    area_code: null,
    lon: found.position ? found.position.lon : null,
    lat: found.position ? found.position.lat : null,
    credit_code: found.uscc,
    source: 'found',
    expected: 0,
    baseline,
    last_cards: cards,
    account: { name: account && account.full_name, card: account && account.card },
    forms: forms.map(([code, form]) => ({
      form: code,
      need: form.kinds[found.kind],
      first: first(form.prefill, found, account),
      may_be_filled: true,
      submission: null,
    })),
  };
}

/**
 * What the program fills in by itself, as far as the phone knows it.
 * @param {Record<string, string>} prefill
 * @param {any} found
 * @param {any} account
 */
function first(prefill, found, account) {
  const known = /** @type {Record<string, any>} */ ({
    ...(account && account.home),
    'unit.name': found.name,
    'unit.address': found.address,
    'unit.credit_code': found.uscc,
    'account.name': account && account.full_name,
    'account.card': account && account.card,
    today: new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10),
  });
  const filled = Object.entries(prefill).map(([key, source]) => [
    key,
    source.startsWith('const:') ? source.slice(6) : known[source],
  ]);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined && value !== null && value !== ''));
}
