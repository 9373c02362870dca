-- The tables of research.duckdb and of every release.duckdb. No name here is qualified with the database's own name, so
-- that a file keeps working under any file name. The comments are the data dictionary.

CREATE TABLE sessions (
    session_id VARCHAR NOT NULL,
    held_on DATE NOT NULL,
    cycle VARCHAR,
    language VARCHAR NOT NULL,
    duration_s DOUBLE NOT NULL
);
COMMENT ON TABLE sessions IS 'One row for each session or writing that this data set was made from.';
COMMENT ON COLUMN sessions.session_id IS 'The id the session was given when it was added.';
COMMENT ON COLUMN sessions.held_on IS 'The local day on which it was held or written.';
COMMENT ON COLUMN sessions.cycle IS 'The cycle of inquiry it belongs to; NULL where none was given.';
COMMENT ON COLUMN sessions.language IS 'The main language, as a short code (en, fr).';
COMMENT ON COLUMN sessions.duration_s IS 'How long it lasts, in seconds.';

CREATE TABLE speakers (
    speaker_id VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    level VARCHAR NOT NULL CHECK (level IN ('named', 'first_name', 'role', 'pseudonym', 'unnamed')),
    tier VARCHAR,
    role_as VARCHAR,
    organisation_as VARCHAR,
    place_as VARCHAR,
    language VARCHAR,
    CHECK (level <> 'unnamed' OR coalesce(tier, role_as, organisation_as, place_as, language) IS NULL)
);
COMMENT ON TABLE speakers IS 'One row for each way a speaker is shown. One person has several rows where their choices differ between sessions, and one row for each session where they are unnamed; no column joins the sessions of an unnamed person.';
COMMENT ON COLUMN speakers.speaker_id IS 'A keyed hash, made anew whenever the person chooses a more protective level.';
COMMENT ON COLUMN speakers.label IS 'What to call the speaker: a name, a first name, a role in square brackets, a made-up name, or Participant.';
COMMENT ON COLUMN speakers.level IS 'The level of anonymity that the person allows here: named, first_name, role, pseudonym or unnamed.';
COMMENT ON COLUMN speakers.tier IS 'core or constellation; NULL where unknown, where it would single a protected person out or join two of their labels, and always where the speaker is unnamed.';
COMMENT ON COLUMN speakers.role_as IS 'The role as it may be said at this level; NULL where unknown, where it would single a protected person out or join two of their labels, and always where the speaker is unnamed.';
COMMENT ON COLUMN speakers.organisation_as IS 'The organisation as it may be said for this person; NULL where unknown, where it would single a protected person out or join two of their labels, and always where the speaker is unnamed.';
COMMENT ON COLUMN speakers.place_as IS 'The place as it may be said at this level; NULL where unknown, where it would single a protected person out or join two of their labels, and always where the speaker is unnamed.';
COMMENT ON COLUMN speakers.language IS 'The language of the speaker, as a short code; NULL where unknown, where it would single a protected person out or join two of their labels, and always where the speaker is unnamed.';

-- Ids and texts lie here as they are: DuckDB unpacks compressed ones by the thousand where twenty are asked for, and a
-- search then takes twice as long.
CREATE TABLE utterances (
    utterance_id VARCHAR USING COMPRESSION uncompressed NOT NULL,
    session_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    speaker_id VARCHAR,
    start_s DOUBLE NOT NULL,
    end_s DOUBLE NOT NULL,
    text VARCHAR USING COMPRESSION uncompressed,
    withheld BOOLEAN NOT NULL,
    withheld_reason VARCHAR CHECK (withheld_reason IN ('no_consent', 'level', 'permission', 'speaker_unknown', 'near_other_voice', 'leak', 'failed')),
    quote_state VARCHAR CHECK (quote_state IN ('may_be_quoted', 'ask_first', 'not')),
    decision_id VARCHAR,
    CHECK (withheld = (text IS NULL)),
    CHECK (withheld = (speaker_id IS NULL)),
    CHECK (withheld = (quote_state IS NULL)),
    CHECK (withheld = (withheld_reason IS NOT NULL))
);
COMMENT ON TABLE utterances IS 'One row for each turn of one speaker, or part of a turn, in time order; also for each gap where words are withheld.';
COMMENT ON COLUMN utterances.utterance_id IS 'A keyed hash; it says nothing about who speaks.';
COMMENT ON COLUMN utterances.session_id IS 'The session in which it was said: sessions.session_id.';
COMMENT ON COLUMN utterances.position IS 'Its place in this data set from 0: sessions by day, and in each of them turns and gaps by time. What is said just before and after has the numbers beside it.';
COMMENT ON COLUMN utterances.speaker_id IS 'Who says it, as shown in this data set: speakers.speaker_id. NULL where withheld.';
COMMENT ON COLUMN utterances.start_s IS 'Where it begins, in seconds from the start of the session.';
COMMENT ON COLUMN utterances.end_s IS 'Where it ends, in seconds from the start of the session.';
COMMENT ON COLUMN utterances.text IS 'The de-identified words. NULL where withheld.';
COMMENT ON COLUMN utterances.withheld IS 'True where the words may not be used here: only the gap and its length remain.';
COMMENT ON COLUMN utterances.withheld_reason IS 'Why it is withheld: no_consent, level (the person chose not used), permission (this use is not allowed), speaker_unknown (nobody has said who speaks), near_other_voice (another person may be heard), leak (a name was still visible), failed (a step did not finish). NULL where not withheld.';
COMMENT ON COLUMN utterances.quote_state IS 'Whether it may be quoted: may_be_quoted, ask_first (the person is asked each time) or not. Only words that somebody has checked by ear may be. NULL where withheld.';
COMMENT ON COLUMN utterances.decision_id IS 'A keyed hash of the choices it is used under, in this session only; for a gap, different for every row. NULL where no decision is known.';

CREATE TABLE redactions (
    utterance_id VARCHAR NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    label VARCHAR NOT NULL CHECK (label IN ('PERSON', 'ORGANISATION', 'ROLE', 'PLACE', 'DATE', 'AGE', 'CONTACT', 'LINK', 'OTHER')),
    action VARCHAR NOT NULL CHECK (action IN ('replaced', 'generalised', 'masked')),
    CHECK (0 <= start_char AND start_char <= end_char)
);
COMMENT ON TABLE redactions IS 'One row for each place where something that identifies was taken out. What was there is not kept here.';
COMMENT ON COLUMN redactions.utterance_id IS 'The utterance: utterances.utterance_id.';
COMMENT ON COLUMN redactions.start_char IS 'Where the replacement begins in the released text, in codepoints from 0.';
COMMENT ON COLUMN redactions.end_char IS 'Where the replacement ends in the released text: the first codepoint after it.';
COMMENT ON COLUMN redactions.label IS 'What kind of thing it was: PERSON, ORGANISATION, ROLE, PLACE, DATE, AGE, CONTACT, LINK or OTHER.';
COMMENT ON COLUMN redactions.action IS 'What was done: replaced (another name), generalised (said less exactly) or masked (a tag in square brackets).';

CREATE TABLE codes (
    code_id VARCHAR NOT NULL,
    parent_id VARCHAR,
    position INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    colour VARCHAR,
    codable BOOLEAN NOT NULL
);
COMMENT ON TABLE codes IS 'One row for each code of the codebook, in its order.';
COMMENT ON COLUMN codes.code_id IS 'A UUID; the same in every data set of the study.';
COMMENT ON COLUMN codes.parent_id IS 'The code that it stands under: codes.code_id. NULL at the top.';
COMMENT ON COLUMN codes.position IS 'Its place in the codebook from 0: every code before those that stand under it.';
COMMENT ON COLUMN codes.name IS 'What it is called; names of people in it are masked.';
COMMENT ON COLUMN codes.description IS 'What it means and when to use it; names of people in it are masked. NULL where nothing was written.';
COMMENT ON COLUMN codes.colour IS 'Red, green and blue in hexadecimal after #. NULL where none was chosen.';
COMMENT ON COLUMN codes.codable IS 'False where it only holds other codes and is not put on words.';

CREATE TABLE coders (
    coder_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL
);
COMMENT ON TABLE coders IS 'One row for each person who coded.';
COMMENT ON COLUMN coders.coder_id IS 'A UUID; the same in every data set of the study.';
COMMENT ON COLUMN coders.name IS 'What the coder is called, or Coder and a number where that is the name of somebody in the study.';

CREATE TABLE codings (
    coding_id VARCHAR NOT NULL,
    utterance_id VARCHAR NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    code_id VARCHAR NOT NULL,
    coder_id VARCHAR NOT NULL,
    coded_on DATE,
    CHECK (0 <= start_char AND start_char < end_char)
);
COMMENT ON TABLE codings IS 'One row for each stretch of words that a coder put a code on; several rows with one coding_id where it goes over several utterances. What is withheld here has none.';
COMMENT ON COLUMN codings.coding_id IS 'A keyed hash, of this coding on these utterances.';
COMMENT ON COLUMN codings.utterance_id IS 'The utterance: utterances.utterance_id.';
COMMENT ON COLUMN codings.start_char IS 'Where it begins in the released text, in codepoints from 0.';
COMMENT ON COLUMN codings.end_char IS 'Where it ends in the released text: the first codepoint after it.';
COMMENT ON COLUMN codings.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN codings.coder_id IS 'Who put it there: coders.coder_id.';
COMMENT ON COLUMN codings.coded_on IS 'The day (UTC) on which it was put there. NULL where unknown.';

CREATE TABLE memos (
    memo_id VARCHAR NOT NULL,
    about VARCHAR NOT NULL CHECK (about IN ('study', 'session', 'code', 'coding')),
    about_id VARCHAR,
    coder_id VARCHAR NOT NULL,
    written_on DATE NOT NULL,
    title VARCHAR,
    text VARCHAR NOT NULL,
    CHECK ((about = 'study') = (about_id IS NULL))
);
COMMENT ON TABLE memos IS 'One row for each note that a coder wrote on something that is in this data set. Names of people, and words that may not be used here, are masked.';
COMMENT ON COLUMN memos.memo_id IS 'A UUID; the same in every data set of the study.';
COMMENT ON COLUMN memos.about IS 'What it is about: the study, a session, a code or a coding.';
COMMENT ON COLUMN memos.about_id IS 'Which: sessions.session_id, codes.code_id or codings.coding_id. NULL for the study.';
COMMENT ON COLUMN memos.coder_id IS 'Who wrote it: coders.coder_id.';
COMMENT ON COLUMN memos.written_on IS 'The day (UTC) on which it was written.';
COMMENT ON COLUMN memos.title IS 'Its title. NULL where it has none.';
COMMENT ON COLUMN memos.text IS 'What it says.';

CREATE TABLE cases (
    case_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    speaker_id VARCHAR NOT NULL
);
COMMENT ON TABLE cases IS 'One row for each case: each way a speaker is shown, so that somebody who is unnamed is another case in every session. What may be said of them stands in speakers.';
COMMENT ON COLUMN cases.case_id IS 'A keyed hash, made anew whenever the person chooses a more protective level.';
COMMENT ON COLUMN cases.name IS 'The label of the speaker, with a number where several have the same; no two cases have the same name.';
COMMENT ON COLUMN cases.speaker_id IS 'The speaker: speakers.speaker_id.';

CREATE TABLE provenance (
    key VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);
COMMENT ON TABLE provenance IS 'What this data set was made from: purpose, consent register, code, models, policy and decisions.';
COMMENT ON COLUMN provenance.key IS 'purpose, ledger_size, ledger_root, made_at, code_version, model:NAME, policy_sha256 or decisions_sha256.';
COMMENT ON COLUMN provenance.value IS 'Its value as text; digests are SHA-256 in hexadecimal, times are UTC.';
