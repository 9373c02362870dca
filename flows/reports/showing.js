// Shows in words what the checks found, and lets the reader compare seals and keys.

const ASK = 'Do not rely on this page. Ask whoever gave it to you for a new copy. ' +
  'If the new copy shows the same, tell the ethics board.';

const at = (id) => document.getElementById(id);
const capital = (words) => words && words[0].toUpperCase() + words.slice(1);
const MARKS = { good: '\u2713', part: '!', bad: '\u2717' };

function made(tag, words, name) {
  const element = document.createElement(tag);
  if (words) element.textContent = words;
  if (name) element.className = name;
  return element;
}

function sayVerdict(tone, headline, ...lines) {
  const box = at('verdict');
  box.className = `verdict ${tone}`;
  const mark = made('span', MARKS[tone], 'mark');
  mark.setAttribute('aria-hidden', 'true');
  const head = made('h2');
  head.append(mark, made('span', headline));
  box.replaceChildren(head, ...lines.map((line) => made('p', line)));
}

function showVerdict(report) {
  const counts = report.seal ? countWords(report) : '';
  if (report.problems.length) {
    const list = made('ul');
    list.append(...report.problems.slice(0, 12).map((problem) => made('li', problem)));
    const more = report.problems.length - 12;
    if (more > 0) list.append(made('li', `and ${grouped(more)} more, marked among the entries below`));
    sayVerdict('bad', 'Wrong: something in this page was altered', ASK);
    at('verdict').insertBefore(list, at('verdict').lastChild);
  } else if (report.partly) {
    sayVerdict('part', 'Not fully checked: this browser lacks a method', counts,
      "What this page carries fits together, but the seal's signature could not be checked. Use a newer browser.");
  } else {
    sayVerdict('good', 'Checked: everything shown here fits the dated seal', counts,
      'Now compare the 8 groups below with your printed seal. Only you can do that.');
  }
}

function countWords({ seal, opened }) {
  const all = counted(seal.size, 'entry', 'entries');
  return `${all}, ${grouped(opened)} opened here, ${grouped(seal.size - opened)} not opened.`;
}

function showList(id, lines, none) {
  at(id).replaceChildren(...(lines.length ? lines : [none]).map((line) => made('li', line)));
}

function showEntry(entry, place, sealed) {
  const item = made('li', '', entry.problem ? 'entry bad' : 'entry');
  const state = entry.problem ? '\u2717 wrong' : sealed ? '\u2713 checked' : 'fits a seal that is not proven';
  const when = entry.when ? `recorded ${entry.when}` : 'no date';
  const head = made('p', `${entryName(entry, place)} \u00b7 ${when} \u00b7 `, 'when');
  head.append(made('strong', state));
  const shut = 'Not opened here: it stands at this place in the register; what it says is not shown.';
  item.append(head, made('p', capital(entry.problem) ?? entry.sentence ?? shut, 'says'));
  item.dataset.people = [...(entry.people ?? [])].join(' ');
  return item;
}

function showReport(report) {
  // The browser refuses an altered style; one that was let through could have hidden entries.
  const styled = getComputedStyle(document.body).getPropertyValue('--ink');
  if (!styled) report.problems.push('The look of this page was altered.');
  showVerdict(report);
  showList('checked', report.checked, 'Nothing could be checked.');
  showList('unchecked', report.unchecked, 'Nothing was left out.');
  at('groups').textContent = report.groups[0] ?? 'The key could not be read.';
  at('entries').replaceChildren(...report.entries.map((entry, place) => showEntry(entry, place, report.sealed)));
  showFilter();
  if (typeof report.data?.title === 'string') at('title').textContent = report.data.title;
  if (report.seal) showSeal(report);
}

function showSeal(report) {
  const dated = report.at ? `of ${report.at}, by the clock of whoever made it` : 'whose date could not be checked';
  const counts = report.problems.length ? `${countWords(report)} ` : '';
  at('seal').textContent = `${counts}This page is about the register under one dated seal, ${dated}.`;
  at('annex').textContent = `Register: ${report.seal.origin}\nEntries: ${report.seal.size}\n` +
    `Root hash (RFC 6962, SHA-256): ${hex(report.seal.root)}\n${report.data.vkeys}`;
}

function showFilter() {
  const wanted = at('who').value.trim().toUpperCase();
  const items = [...at('entries').children];
  // A wrong entry stays in sight: nobody can tell whom it is about.
  const hits = items.filter((item) => !wanted || item.dataset.people.split(' ').includes(wanted));
  for (const item of items) item.hidden = !hits.includes(item) && !item.classList.contains('bad');
  at('hits').textContent = wanted
    ? `${counted(hits.length, 'entry', 'entries')} of ${grouped(items.length)} in this page: about ${wanted}. ` +
      'Entries that are not opened here may be about anybody.'
    : `${counted(items.length, 'entry', 'entries')} in this page.`;
}

async function showComparison(report) {
  let [tone, words] = ['bad', 'What you pasted is not a dated seal, or not a whole one.'];
  try {
    [tone, words] = await compareSeal(report, at('older').value);
  } catch (error) {
    if (error instanceof Wrong) words = `${words} ${error.message}`;
  }
  say('comparison', tone, words);
}

/** Compares what the reader typed from paper with the key's groups; the text of a key file may be pasted as well. */
async function showKeyComparison(report) {
  const bare = (groups) => groups.toLowerCase().replace(/[\s:-]/g, '');
  const typed = await typedGroups(at('printed').value.trim());
  const place = report.groups.map(bare).indexOf(bare(typed));
  if (place === 0) return say('key-result', 'good', 'The same key: all 8 groups fit.');
  if (place > 0) {
    return say('key-result', 'part', 'This is a key that the register is said to have had before. Ask for a seal ' +
      'printed since then, and compare again. You can also paste an older seal below.');
  }
  return say('key-result', 'bad', 'Not the same key. Type all 8 groups; if they still differ, this page is not about ' +
    'the register your seal was printed from. Tell the ethics board.');
}

async function typedGroups(typed) {
  try {
    return typed.includes('+') ? await fingerprint((await parseKeys(typed))[0]) : typed;
  } catch {
    return '';
  }
}

function say(id, tone, words) {
  at(id).className = `result ${tone}`;
  at(id).textContent = `${MARKS[tone]} ${words}`;
}

const progress = async (done, all) => {
  at('progress').textContent = `Checked ${grouped(done)} of ${counted(all, 'entry', 'entries')} \u2026`;
  await new Promise((resolve) => { setTimeout(resolve); }); // lets the browser draw
};

async function start() {
  if (!globalThis.crypto?.subtle) {
    return sayVerdict('part', 'Nothing was checked: this browser lacks the methods',
      'Open this page in a current browser. Until then it says nothing about the register.');
  }
  try {
    const report = await check(at('data').textContent, progress);
    showReport(report);
    at('compare').addEventListener('click', () => showComparison(report));
    at('same-key').addEventListener('click', () => showKeyComparison(report));
    at('who').addEventListener('input', showFilter);
  } catch {
    sayVerdict('bad', 'Wrong: this page could not be checked', 'A part of it is missing or was altered.', ASK);
  }
  document.body.dataset.done = 'yes';
}

if (typeof document !== 'undefined') start();
