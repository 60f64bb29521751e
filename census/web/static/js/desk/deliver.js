// Keeps a page of deliveries or packages current: while the server says so, it is fetched again and its live part
// replaced.

const live = () => /** @type {HTMLElement} */ (document.getElementById('live'));

/** Whether the person is in the middle of something that replacing the page would take away. */
const busy = () => live().contains(document.activeElement) || document.visibilityState === 'hidden';

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, credentials: 'same-origin' });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById('live');
    if (fresh && !busy() && fresh.innerHTML !== live().innerHTML) {
      const said = live().querySelectorAll('.flash');
      live().replaceWith(document.adoptNode(fresh));
      live().prepend(...said); // a message is shown once by the server and stays until the person moves on
    } else if (fresh) {
      live().dataset.again = fresh.dataset.again;
    }
  } catch {
    // The line is broken for a moment; the next turn asks again.
  }
}

async function keepCurrent() {
  for (;;) {
    const seconds = Number(live().dataset.again);
    await new Promise((resolve) => setTimeout(resolve, (seconds || 10) * 1000));
    if (seconds) await refresh();
  }
}

document.getElementById('region')?.addEventListener('change', (event) => {
  /** @type {HTMLSelectElement} */ (event.target).form?.submit();
});
keepCurrent();
