// Checks what this page carries about a consent register, in the reader's own browser: seal, entries, the whole.
// Nothing counts as true before it was checked; sentences are made here, from what was committed to.

const DATA_SHA256 = "DATA_SHA256"; // put in when the page is made
const LEAF_BYTES = 512;

// ---- Times and people -----------------------------------------------------------------------------------------------

const minuteWords = (minute) => (moment(minute) ?? 'an unknown time').replace('UTC+00:00', 'UTC');

/** Every participant id that stands anywhere in an opened payload. */
function peopleIn(payload) {
  const [people, left] = [new Set(), [payload]];
  while (left.length) {
    const value = left.pop();
    if (match('person', value)) people.add(value);
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) left.push(name, inner);
  }
  return people;
}

// ---- Entries --------------------------------------------------------------------------------------------------------

// Exactly one spelling of an entry's open part may pass, as in consent/storage/leaf.py.
const LEAF = new RegExp(
  '^\\{"commitment":"(?<commitment>[0-9a-f]{64})"(?:,"form":"[0-9a-f]{64}")?,"key":"[0-9a-f]{16}"' +
  `,"kind":"(?<kind>${Object.keys(TABLES.words.kind).join('|')})","left":(?:0|[1-9][0-9]{0,8})` +
  ',"minute":"(?<minute>[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]Z)"' +
  ',"pad":"0*","refs":\\[(?:(?:0|[1-9][0-9]{0,11})(?:,(?!\\])|(?=\\]))){0,3}\\]' +
  ',"sig":"[A-Za-z0-9+/]{85}[AQgw]==","v":1\\}$');

/** One entry, checked: what it says, or what is wrong with it. */
async function checkEntry(carried, seal, hashes) {
  const entry = { index: carried?.index, problem: null, opened: false };
  try {
    const leaf = await checkPlace(carried, seal, hashes);
    Object.assign(entry, { kind: leaf.kind, when: minuteWords(leaf.minute) });
    const payload = await openPayload(carried, leaf.commitment);
    if (payload) Object.assign(entry, { opened: true, sentence: tell(leaf.kind, payload), people: peopleIn(payload) });
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    entry.problem = error.message;
  }
  return entry;
}

async function checkPlace(carried, seal, hashes) {
  const { index } = isRecord(carried) ? carried : {};
  if (!Number.isInteger(index) || index < 0 || index >= seal.size) {
    throw new Wrong('its number is not one the register has.');
  }
  const leaf = base64(carried.leaf, 'its open part');
  const found = leaf.length === LEAF_BYTES ? LEAF.exec(String.fromCharCode(...leaf)) : null;
  if (!found) throw new Wrong('its open part was altered: it is not of the form that every entry has.');
  const hash = await leafHash(leaf);
  if (hashes && !same(hash, hashes[index])) {
    throw new Wrong('it is not the entry that the register holds at this place.');
  }
  const proof = slices(base64(carried.proof, 'the proof of its place'), HASH_BYTES, 'the proof of its place');
  const root = await rootFromProof(hash, index, seal.size, proof);
  if (!root || !same(root, seal.root)) {
    throw new Wrong('it, or the proof of its place, was altered: the two do not lead to the dated seal.');
  }
  return found.groups;
}

async function openPayload({ payload, key }, commitment) {
  if (payload === null && key === null) return null;
  const bytes = base64(payload, 'its content');
  const secret = base64(key, 'the key of its content');
  if (secret.length !== HASH_BYTES) throw new Wrong('the key of its content is not whole.');
  const imported = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const computed = new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytes));
  if (hex(computed) !== commitment) {
    throw new Wrong('its content, or the key to it, was altered: the content is not the one that was recorded.');
  }
  return parsePayload(bytes);
}

function parsePayload(bytes) {
  let payload = null;
  try { payload = JSON.parse(text(bytes, 'its content')); } catch { /* said below */ }
  if (!isRecord(payload)) throw new Wrong('its content is the one that was recorded, and cannot be read.');
  return payload;
}

// ---- The whole page -------------------------------------------------------------------------------------------------

/** Everything the page can say after checking `source`, the text of its data. */
async function check(source, progress) {
  const report = { problems: [], checked: [], unchecked: [], entries: [], pairs: [], groups: [], seal: null };
  await step(report, () => checkData(report, source));
  if (report.data) await step(report, () => checkSeal(report));
  report.sealed = report.seal !== null && !report.problems.length && !report.partly;
  if (report.seal) await step(report, () => checkHashes(report));
  if (report.seal) await checkEntries(report, progress);
  else report.unchecked.push('The entries: without a readable seal there is nothing to check them against.');
  if (hex(await sha256(utf8(source))) !== DATA_SHA256) {
    report.problems.push('The data of this page are not those it was made with: at least one character was altered.');
  }
  return report;
}

async function step(report, work) {
  try {
    await work();
  } catch (error) {
    report.problems.push(error instanceof Wrong ? error.message : 'A part of this page could not be read at all.');
  }
}

function checkData(report, source) {
  let data = null;
  try { data = JSON.parse(source); } catch { /* said below */ }
  if (!isRecord(data) || !Array.isArray(data.entries)) {
    throw new Wrong('The data of this page cannot be read at all: they were altered or cut off.');
  }
  report.data = data;
}

async function checkSeal(report) {
  const seal = parseSeal(base64(report.data.checkpoint, 'The dated seal'));
  report.seal = seal;
  report.pairs = await parseKeys(report.data.vkeys);
  report.groups = await Promise.all(report.pairs.map(fingerprint));
  const [newest, ...before] = report.pairs;
  const keys = report.pairs.flat();
  if (keys.some((key) => key.name !== seal.origin)) {
    throw new Wrong('The dated seal and the keys in this page are of two registers, or one of the two was altered.');
  }
  for (const key of newest) saySignature(report, key, await signatureState(seal, key));
  // Seals from before a change of keys bear only the keys of that time; this one need not.
  for (const key of before.flat().filter((one) => signatureOf(seal, one))) {
    saySignature(report, key, await signatureState(seal, key));
  }
  const ours = keys.map((key) => signatureOf(seal, key));
  const others = seal.signatures.filter((one) => !ours.includes(one)).length;
  if (others) report.unchecked.push(`The signatures of ${counted(others, 'other', 'others')} under the dated seal.`);
}

function saySignature(report, key, state) {
  const first = key.kind === ED25519;
  const named = first ? 'signature' : 'second (post-quantum) signature';
  if (state === 'good') {
    report.checked.push(`The ${named} under the dated seal is that of this register's key.`);
    if (!first) report.at = sealedAt(report.seal, key);
  } else if (state === 'unknown') {
    if (first) report.partly = true;
    report.unchecked.push(first
      ? "This browser cannot check the signature under the dated seal, so the seal's signature could not be checked."
      : 'This browser cannot check the second (post-quantum) signature under the dated seal.');
  } else {
    const how = state === 'missing' ? 'is missing' : 'does not fit';
    report.problems.push(`The ${named} under the dated seal ${how}: the seal, its signature or the key was altered.`);
  }
}

async function checkHashes(report) {
  const { seal, data } = report;
  if (data.hashes === null) return;
  const hashes = slices(base64(data.hashes, 'The list of all entries'), HASH_BYTES, 'The list of all entries');
  if (hashes.length !== seal.size) {
    throw new Wrong(`The list of all entries has ${grouped(hashes.length)}, the dated seal ${grouped(seal.size)}.`);
  }
  const levels = await subtrees(hashes);
  if (!same(await rootOf(levels, seal.size), seal.root)) {
    throw new Wrong('The list of all entries does not lead to the dated seal: one of the two was altered.');
  }
  report.levels = levels;
  const covered = counted(seal.size, 'entry', 'entries');
  report.checked.push(`The dated seal covers the ${covered} listed in this page, no more and no fewer.`);
}

async function checkEntries(report, progress) {
  const seen = new Set();
  for (const [place, carried] of report.data.entries.entries()) {
    if (place % 100 === 99) await progress(place + 1, report.data.entries.length);
    const entry = await checkEntry(carried, report.seal, report.levels?.[0]);
    if (!entry.problem && seen.has(entry.index)) entry.problem = 'it stands in this page twice.';
    seen.add(entry.index);
    report.entries.push(entry);
    if (entry.problem) report.problems.push(`${entryName(entry, place)}: ${entry.problem}`);
  }
  sayEntries(report);
}

const entryName = ({ index }, place) =>
  Number.isInteger(index) ? `Entry ${grouped(index)}` : `Line ${place + 1} of the entries in this page`;

function sayEntries(report) {
  const opened = report.entries.filter((entry) => entry.opened).length;
  const right = report.entries.filter((entry) => !entry.problem).length;
  report.opened = opened;
  const seal = report.sealed ? 'the dated seal' : 'a seal that is not proven';
  if (right) {
    const stand = counted(right, 'entry in this page stands', 'entries in this page stand');
    report.checked.push(`${stand} under ${seal}, each at its place.`);
  }
  const told = counted(opened, 'sentence was', 'sentences were');
  if (opened) report.checked.push(`${told} made here, each from exactly what was recorded.`);
  const shut = report.seal.size - opened;
  if (shut > 0) report.unchecked.push(`What is said in the ${counted(shut, 'entry', 'entries')} not opened here.`);
  report.unchecked.push(
    'Whether the key is the right one: compare its 8 groups, below, with your printed seal.',
    'Whether anything was recorded after this seal.',
    'Who of the team recorded each entry. The command “python -m consent.verify” checks that.',
    'Whether what was recorded is true. A register shows that nothing was changed afterwards.');
}

/** How an older seal that the reader pasted goes together with this page: [tone, what to say]. */
async function compareSeal(report, pasted) {
  if (!report.seal || report.problems.length) {
    return ['bad', 'This page itself does not fit, so nothing can be compared with it.'];
  }
  // Mail programs add carriage returns and spaces at the ends; the note itself has none.
  const clean = `${pasted.replaceAll('\r', '').split('\n').map((line) => line.trimEnd()).join('\n').trim()}\n`;
  const old = parseSeal(utf8(clean));
  if (old.origin !== report.seal.origin) return ['bad', 'The pasted seal is that of another register.'];
  const statesOf = (pair) => Promise.all(pair.map((key) => signatureState(old, key)));
  const states = await Promise.all(report.pairs.map(statesOf));
  const firsts = states.map(([first]) => first);
  const signed = ['good', 'unknown'].find((state) => firsts.includes(state));
  if (!signed || states.flat().includes('bad')) {
    return ['bad', "The pasted seal is not signed by this register's key, or was altered while it was copied."];
  }
  const [tone, words] = await compareRoots(report, old);
  const earlier = firsts.indexOf(signed) > 0 ? ' It is signed with an earlier key of the register.' : '';
  if (signed === 'good') return [tone, words + earlier];
  return [tone === 'good' ? 'part' : tone, `${words} This browser could not check the signature under it.`];
}

async function compareRoots({ seal, levels }, old) {
  const [then, now] = [grouped(old.size), grouped(seal.size)];
  if (old.size > seal.size) {
    return ['part', `The pasted seal is newer than this page: it covers ${then} entries, this page ${now}. ` +
      'This page is behind. Ask for a newer page.'];
  }
  if (!levels && old.size !== seal.size) {
    return ['part', 'This page cannot check older seals: its register is too large to be listed in it. ' +
      'Use the command “python -m consent.verify” with “--against” and the file of the seal.'];
  }
  const root = old.size === seal.size ? seal.root : await rootOf(levels, old.size);
  if (!same(root, old.root)) {
    return ['bad', `The register was rewritten: the ${then} entries under the pasted seal are not the first ${then} ` +
      'entries of this page. Keep the pasted seal and this page, and tell the ethics board.'];
  }
  return ['good', `The pasted seal fits: of the ${then} entries it covers, none was changed, dropped or moved since. ` +
    `This page covers ${now}.`];
}
