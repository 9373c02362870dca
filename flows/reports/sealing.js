// Bytes, the tree of RFC 6962, and dated seals (C2SP signed notes) with their keys and signatures.

const ED25519 = 1;
const ML_DSA_44 = 6;
const LENGTHS = { [ED25519]: { key: 32, signature: 64 }, [ML_DSA_44]: { key: 1312, signature: 8 + 2420 } };
const HASH_BYTES = 32;

/** What does not fit, in words for the reader. */
class Wrong extends Error {}

// ---- Bytes ----------------------------------------------------------------------------------------------------------

const utf8 = (text) => new TextEncoder().encode(text);
const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

function base64(text, what) {
  let binary = null;
  try { binary = atob(text); } catch { /* said below */ }
  // Only the one canonical spelling: atob forgives spaces and stray bits that other programs would not.
  if (binary === null || typeof text !== 'string' || btoa(binary) !== text) throw new Wrong(`${what} cannot be read.`);
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function text(bytes, what) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong(`${what} cannot be read.`);
  }
}

function slices(bytes, length, what) {
  if (bytes.length % length) throw new Wrong(`${what} is not whole.`);
  return Array.from({ length: bytes.length / length }, (_, at) => bytes.subarray(at * length, (at + 1) * length));
}

function uint64(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

// ---- The tree (RFC 6962) --------------------------------------------------------------------------------------------

const leafHash = (leaf) => sha256(joined(Uint8Array.of(0), leaf));
const nodeHash = (left, right) => sha256(joined(Uint8Array.of(1), left, right));

/** The root to which a proof leads; null where the proof is too short or too long (RFC 9162, section 2.1.3.2). */
async function rootFromProof(hash, index, size, proof) {
  let [at, last, root] = [index, size - 1, hash];
  for (const beside of proof) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      root = await nodeHash(beside, root);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      root = await nodeHash(root, beside);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? root : null;
}

const half = (number) => Math.floor(number / 2);

/** All roots of complete subtrees, by height, from the hashes of all leaves. */
async function subtrees(hashes) {
  const levels = [hashes];
  while (levels.at(-1).length > 1) {
    const below = levels.at(-1);
    const pairs = Array.from({ length: half(below.length) }, (_, at) => nodeHash(below[2 * at], below[2 * at + 1]));
    levels.push(await Promise.all(pairs));
  }
  return levels;
}

/** The root over the first `size` leaves. */
async function rootOf(levels, size) {
  if (size === 0) return sha256(new Uint8Array());
  const roots = [];
  for (let [height, start] = [levels.length - 1, 0]; height >= 0; height -= 1) {
    if (start + 2 ** height <= size) {
      roots.push(levels[height][start / 2 ** height]);
      start += 2 ** height;
    }
  }
  let root = roots.pop();
  while (roots.length) root = await nodeHash(roots.pop(), root);
  return root;
}

// ---- Dated seals: signed notes, their keys and signatures (C2SP) ----------------------------------------------------

function parseNote(bytes) {
  const whole = text(bytes, 'The dated seal');
  const cut = whole.lastIndexOf('\n\n');
  if (cut < 0 || /[\x00-\x09\x0b-\x1f]/.test(whole)) throw new Wrong('The dated seal is not one, or not whole.');
  const lines = whole.slice(cut + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw new Wrong('The dated seal ends in the middle of a line.');
  return { body: whole.slice(0, cut + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line) {
  const found = /^\u2014 ([^\s+]+) (\S+)$/.exec(line);
  if (!found) throw new Wrong('A signature line of the dated seal cannot be read.');
  const bytes = base64(found[2], 'A signature of the dated seal');
  return { name: found[1], id: hex(bytes.subarray(0, 4)), data: bytes.subarray(4) };
}

function parseSeal(bytes) {
  const note = parseNote(bytes);
  const [origin, size, root, ...more] = note.body.slice(0, -1).split('\n');
  if (!origin || !/^(?:0|[1-9][0-9]{0,11})$/.test(size) || root === undefined || more.includes('')) {
    throw new Wrong('The dated seal does not have the form of one.');
  }
  const hash = base64(root, 'The fingerprint in the dated seal');
  if (hash.length !== HASH_BYTES) throw new Wrong('The fingerprint in the dated seal is not whole.');
  return { ...note, origin, size: Number(size), root: hash };
}

async function parseKey(line) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line);
  if (!found) throw new Wrong("A key of the register cannot be read.");
  const bytes = base64(found[3], 'A key of the register');
  const [kind, bits] = [bytes[0], bytes.subarray(1)];
  if (LENGTHS[kind]?.key !== bits.length) throw new Wrong('A key of the register is not of a kind this page knows.');
  const id = hex((await sha256(joined(utf8(`${found[1]}\n`), bytes))).subarray(0, 4));
  if (id !== found[2]) throw new Wrong('A key of the register was altered: it does not fit its own number.');
  return { name: found[1], id, kind, bits, line };
}

/** The register's keys in pairs (signature, second signature): the newest pair first, then those it had before. */
async function parseKeys(lines) {
  if (typeof lines !== 'string') throw new Wrong('The keys of the register cannot be read.');
  const keys = await Promise.all(keyLines(lines).map(parseKey));
  const second = keys.filter((key) => key.kind === ML_DSA_44);
  const first = keys.filter((key) => key.kind === ED25519);
  if (first.length === 0 || first.length < second.length) throw new Wrong('The key of the register is missing.');
  return first.map((key, place) => [key, second[place]].filter((one) => one));
}

const keyLines = (lines) => lines.split('\n').map((line) => line.trim()).filter((line) => line);

/** What a printed seal shows of a pair of keys: 8 groups of 4 hexadecimal digits. */
async function fingerprint(pair) {
  const digits = hex(await sha256(utf8(pair.map(({ line }) => `${line}\n`).join(''))));
  return digits.match(/..../g).slice(0, 8).join(' ');
}

const signatureOf = (seal, key) => seal.signatures.find(({ name, id }) => name === key.name && id === key.id);

/** How the signature of `key` under `seal` stands: good, bad, missing; unknown where the browser cannot tell. */
async function signatureState(seal, key) {
  const signature = signatureOf(seal, key);
  if (!signature) return 'missing';
  if (signature.data.length !== LENGTHS[key.kind].signature) return 'bad';
  const [algorithm, format] = key.kind === ED25519 ? ['Ed25519', 'raw'] : ['ML-DSA-44', 'raw-public'];
  const parts = key.kind === ED25519 ? [utf8(seal.body), signature.data] : cosigned(seal, key, signature.data);
  const [message, bare] = parts;
  try {
    const imported = await crypto.subtle.importKey(format, key.bits, { name: algorithm }, false, ['verify']);
    return (await crypto.subtle.verify({ name: algorithm }, imported, bare, message)) ? 'good' : 'bad';
  } catch (error) {
    // A browser that does not know the algorithm says the first; one that does not know the key format, the second.
    return ['NotSupportedError', 'TypeError'].includes(error.name) ? 'unknown' : 'bad';
  }
}

/** The message of a timestamped ML-DSA-44 signature (C2SP tlog-cosignature), and the bare signature. */
function cosigned(seal, key, data) {
  const [name, origin] = [utf8(key.name), utf8(seal.origin)];
  const message = joined(
    utf8('subtree/v1\n\0'), Uint8Array.of(name.length), name, data.subarray(0, 8),
    Uint8Array.of(origin.length), origin, uint64(0), uint64(seal.size), seal.root);
  return [message, data.subarray(8)];
}

/** When the second signature says that it was made, in words. */
function sealedAt(seal, key) {
  const { data } = signatureOf(seal, key);
  const seconds = Number(new DataView(data.buffer, data.byteOffset).getBigUint64(0));
  return minuteWords(new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'));
}
