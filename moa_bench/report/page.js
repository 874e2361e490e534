// Sorts and filters; without it the page reads the same.
'use strict';
document.documentElement.classList.add('scripted');

const key = (row, column) => {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent;
  return text === '' || isNaN(text) ? text.toLowerCase() : Number(text);
};

const compare = (a, b) => {
  // What has no number comes last, whichever way is sorted.
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
};

for (const head of document.querySelectorAll('table.sortable thead th')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener('click', () => {
    const table = head.closest('table');
    const body = table.tBodies[0];
    const up = head.getAttribute('aria-sort') !== 'ascending';
    for (const other of table.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    const rows = [...body.rows].map((row) => [key(row, head.cellIndex), row]);
    rows.sort(([a], [b]) => (typeof a === typeof b && !up ? -compare(a, b) : compare(a, b)));
    for (const [, row] of rows) {
      row.classList.remove('newrank');
      body.append(row);
    }
  });
}

for (const input of document.querySelectorAll('input[data-filters]')) {
  const items = [...document.querySelectorAll(input.dataset.filters)];
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) {
      const text = item.dataset.text.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
  });
}
