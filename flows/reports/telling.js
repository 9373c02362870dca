// Tells entries of a consent register as sentences: the twin of consent/telling.py. Every word is in its tables.

const TABLES = "TABLES"; // put in when the page is made, as `consent.telling.tables` gives them
const compiled = new Map();

const own = (record, name) => (Object.hasOwn(record, name) ? record[name] : undefined);
const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function tell(kind, payload) {
  const name = own(payload, 'type');
  const said = render(TABLES.told.includes(name) ? name : 'other', { ...payload, _kind: kind });
  return fits(kind, payload) ? said : said + render('mismatch', {});
}

function fits(kind, payload) {
  const [name, event] = [own(payload, 'type'), own(payload, 'event')];
  const kinds = typeof name === 'string' ? own(TABLES.kinds, name) : undefined;
  if (!kinds) return true;
  const wanted = own(kinds, '') ?? (typeof event === 'string' ? own(kinds, event) : undefined);
  return wanted === undefined || wanted === kind;
}

const render = (name, record) => TABLES.sentences[name].map((clause) => sayClause(clause, record)).join('');

function sayClause(clause, record) {
  for (const alternative of clause) {
    const filled = fill(alternative, record);
    if (filled !== null) return filled;
  }
  return '';
}

function fill(words, record) {
  let whole = true;
  const said = words.replace(new RegExp(TABLES.patterns.blank, 'g'), (_, form, member, more) => {
    const value = FORMS[form](own(record, member), ...more.split(' ').filter((one) => one));
    whole &&= value !== null;
    return value;
  });
  return whole ? said : null;
}

function match(pattern, value) {
  if (!compiled.has(pattern)) compiled.set(pattern, new RegExp(`^(?:${TABLES.patterns[pattern]})$`));
  return typeof value === 'string' ? compiled.get(pattern).exec(value) : null;
}

const grouped = (number) => String(number).replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
const two = (number) => String(number).padStart(2, '0');

function whole(value) {
  return typeof value === 'number' && value >= 0 && value <= TABLES.largest ? Math.floor(value) : null;
}

function listed(value, form) {
  const said = (Array.isArray(value) ? value : []).map(form).filter((words) => words !== null);
  return [said.slice(0, -1).join(', '), ...said.slice(-1)].filter((words) => words).join(' and ') || null;
}

function counted(value, one, many) {
  const number = Array.isArray(value) ? value.length : whole(value);
  return number === null ? null : `${grouped(number)} ${number === 1 ? one : many}`;
}

function clock(value) {
  const second = whole(value);
  if (second === null) return null;
  return `${Math.floor(second / 3600)}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
}

const dayOf = (found) => `${Number(found[3])} ${TABLES.months[Number(found[2]) - 1]} ${found[1]}`;

function moment(value) {
  const found = match('moment', value);
  return found && `${dayOf(found)}, ${found[4]}:${found[5]} (UTC${found[6] === 'Z' ? '+00:00' : found[6]})`;
}

const word = (value, table) => (typeof value === 'string' ? own(TABLES.words[table], value) ?? null : null);
const plain = (pattern) => (value) => (match(pattern, value) ? value : null);

const FORMS = {
  id: plain('id'),
  person: plain('person'),
  version: plain('version'),
  community: (value) => (match('community', value) ? '' : null),
  is: (value, wanted) => (value === wanted ? '' : null),
  yes: (value) => (value === true ? '' : null),
  word,
  each: (value, name) =>
    (Array.isArray(value) ? value : [value]).filter(isRecord).map((one) => render(name, one)).join('; ') || null,
  reach: (value) => {
    const found = match('reach', value);
    return found && render('reach', { kind: found[1], id: found[2] });
  },
  people: (value) => listed(value, plain('person')),
  roles: (value) => listed(value, (role) => word(role, 'role')),
  number: (value) => (whole(value) === null ? null : grouped(whole(value))),
  count: counted,
  clock,
  day: (value) => match('day', value) && dayOf(match('day', value)),
  moment,
};
