// The phone is full: what was typed stands on the page and in nothing else. Says so until it is saved.

/** @param {() => void} again */
export function show(again) {
  if (document.getElementById('full')) return;
  const note = document.createElement('div');
  note.id = 'full';
  note.className = 'undo alarm';
  note.setAttribute('role', 'alert');
  const words = document.createElement('span');
  words.textContent =
    '手机存储空间满了，刚填的还没有存上。先别关这一页：删掉一些照片、视频或应用，再点“再存一次”。以前存的都还在。';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = '再存一次';
  button.addEventListener('click', () => {
    note.remove();
    again();
  });
  note.append(words, button);
  document.body.append(note);
}
