-- Questions that are asked of every data set, ready made. Views work wherever the file is attached; macros need a client
-- that opened the file or said USE. No name here is qualified with the database's own name, no extension is needed, and
-- there are no lambdas: clients from DuckDB 1.2 on read this. What is counted, and how, stands in the comments.

CREATE MACRO clock(seconds) AS CASE
    WHEN seconds < 3600 THEN printf('%02d:%02d', floor(seconds / 60)::INTEGER, floor(seconds % 60)::INTEGER)
    ELSE printf('%d:%02d:%02d', floor(seconds / 3600)::INTEGER, floor(seconds % 3600 / 60)::INTEGER, floor(seconds % 60)::INTEGER)
    END;
COMMENT ON MACRO clock IS 'Seconds as mm:ss, and as h:mm:ss from one hour on.';

CREATE MACRO word_count(words) AS len(regexp_extract_all(words, '\S+'));
COMMENT ON MACRO word_count IS 'How many words a text has: what stands between spaces.';

CREATE VIEW quotes AS
SELECT coding_id, codings.code_id, codes.name AS code, coder_id, coders.name AS coder,
    substring(text, start_char + 1, end_char - start_char) AS words, label, session_id, held_on,
    clock(start_s) AS start, quote_state, utterance_id
FROM codings JOIN codes USING (code_id) JOIN coders USING (coder_id)
    JOIN utterances USING (utterance_id) JOIN speakers USING (speaker_id) JOIN sessions USING (session_id);
COMMENT ON VIEW quotes IS 'The words of each coding with where they come from: one row for each utterance that it goes over. Whether they may be quoted stands in quote_state; ask the consent register before you print one.';
COMMENT ON COLUMN quotes.coding_id IS 'The coding: codings.coding_id.';
COMMENT ON COLUMN quotes.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN quotes.code IS 'What the code is called.';
COMMENT ON COLUMN quotes.coder_id IS 'Who put it there: coders.coder_id.';
COMMENT ON COLUMN quotes.coder IS 'What the coder is called.';
COMMENT ON COLUMN quotes.words IS 'The words that are coded, as they stand in this data set.';
COMMENT ON COLUMN quotes.label IS 'What to call the speaker.';
COMMENT ON COLUMN quotes.session_id IS 'The session in which it was said.';
COMMENT ON COLUMN quotes.held_on IS 'The local day of that session.';
COMMENT ON COLUMN quotes.start IS 'Where the utterance begins, as mm:ss from the start of the session, or h:mm:ss.';
COMMENT ON COLUMN quotes.quote_state IS 'Whether it may be quoted: may_be_quoted, ask_first (the person is asked each time) or not.';
COMMENT ON COLUMN quotes.utterance_id IS 'The utterance: utterances.utterance_id.';

CREATE VIEW codes_under AS
WITH RECURSIVE under AS (
    SELECT code_id, code_id AS under_id FROM codes
    UNION SELECT under.code_id, codes.code_id FROM under JOIN codes ON codes.parent_id = under.under_id
)
SELECT code_id, under_id FROM under;
COMMENT ON VIEW codes_under IS 'One row for each code with itself, and with each code that stands under it, however deep.';
COMMENT ON COLUMN codes_under.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN codes_under.under_id IS 'Itself, or a code under it: codes.code_id.';

CREATE VIEW code_frequency AS
WITH coded AS MATERIALIZED (
    SELECT code_id, coding_id, coder_id, utterance_id, session_id, speaker_id, end_char - start_char AS characters,
        word_count(substring(text, start_char + 1, end_char - start_char)) AS words
    FROM codings JOIN utterances USING (utterance_id)
), alone AS (
    SELECT code_id, count(DISTINCT coding_id) AS codings, sum(words) AS words, sum(characters) AS characters,
        count(DISTINCT utterance_id) AS utterances, count(DISTINCT session_id) AS sessions,
        count(DISTINCT speaker_id) AS speakers, count(DISTINCT coder_id) AS coders
    FROM coded GROUP BY code_id
), total AS (
    SELECT codes_under.code_id, count(DISTINCT coding_id) AS codings, sum(words) AS words, sum(characters) AS characters,
        count(DISTINCT utterance_id) AS utterances, count(DISTINCT session_id) AS sessions,
        count(DISTINCT speaker_id) AS speakers, count(DISTINCT coder_id) AS coders
    FROM coded JOIN codes_under ON under_id = coded.code_id GROUP BY codes_under.code_id
)
SELECT codes.code_id, codes.name AS code, codes.position,
    coalesce(alone.codings, 0)::BIGINT AS codings, coalesce(alone.words, 0)::BIGINT AS words,
    coalesce(alone.characters, 0)::BIGINT AS characters, coalesce(alone.utterances, 0)::BIGINT AS utterances,
    coalesce(alone.sessions, 0)::BIGINT AS sessions, coalesce(alone.speakers, 0)::BIGINT AS speakers,
    coalesce(alone.coders, 0)::BIGINT AS coders,
    coalesce(total.codings, 0)::BIGINT AS total_codings, coalesce(total.words, 0)::BIGINT AS total_words,
    coalesce(total.characters, 0)::BIGINT AS total_characters, coalesce(total.utterances, 0)::BIGINT AS total_utterances,
    coalesce(total.sessions, 0)::BIGINT AS total_sessions, coalesce(total.speakers, 0)::BIGINT AS total_speakers,
    coalesce(total.coders, 0)::BIGINT AS total_coders
FROM codes LEFT JOIN alone ON alone.code_id = codes.code_id LEFT JOIN total ON total.code_id = codes.code_id;
COMMENT ON VIEW code_frequency IS 'How often each code of the codebook was used; 0 where it was not. Columns that begin with total_ count the code together with those that stand under it.';
COMMENT ON COLUMN code_frequency.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN code_frequency.code IS 'What it is called.';
COMMENT ON COLUMN code_frequency.position IS 'Its place in the codebook: codes.position.';
COMMENT ON COLUMN code_frequency.codings IS 'How many codings have it; one that goes over several utterances is one coding.';
COMMENT ON COLUMN code_frequency.words IS 'How many words they hold: what stands between spaces. Words that were coded twice count twice.';
COMMENT ON COLUMN code_frequency.characters IS 'How many characters they hold, in codepoints. What was coded twice counts twice.';
COMMENT ON COLUMN code_frequency.utterances IS 'How many different utterances they stand on.';
COMMENT ON COLUMN code_frequency.sessions IS 'In how many sessions.';
COMMENT ON COLUMN code_frequency.speakers IS 'How many speakers said the words, by speaker_id. Somebody who is unnamed counts once for each session, and somebody who is shown in two ways counts twice: it is never less than the number of people.';
COMMENT ON COLUMN code_frequency.coders IS 'How many coders used it.';
COMMENT ON COLUMN code_frequency.total_codings IS 'Codings, with those of the codes under it.';
COMMENT ON COLUMN code_frequency.total_words IS 'Words, with those of the codes under it. Words that were coded twice count twice.';
COMMENT ON COLUMN code_frequency.total_characters IS 'Characters, with those of the codes under it. What was coded twice counts twice.';
COMMENT ON COLUMN code_frequency.total_utterances IS 'Different utterances, with those of the codes under it.';
COMMENT ON COLUMN code_frequency.total_sessions IS 'Sessions, with those of the codes under it.';
COMMENT ON COLUMN code_frequency.total_speakers IS 'Speakers, with those of the codes under it; counted as in speakers.';
COMMENT ON COLUMN code_frequency.total_coders IS 'Coders, with those of the codes under it.';

CREATE VIEW code_cooccurrence AS
SELECT one.code_id, any_value(one.code) AS code, other.code_id AS other_id, any_value(other.code) AS other,
    count(DISTINCT (one.coding_id, other.coding_id)) AS pairs, count(DISTINCT one.utterance_id) AS utterances,
    count(DISTINCT session_id) AS sessions
FROM (SELECT codings.*, name AS code, position FROM codings JOIN codes USING (code_id)) AS one
    JOIN (SELECT codings.*, name AS code, position FROM codings JOIN codes USING (code_id)) AS other
        ON other.utterance_id = one.utterance_id AND other.position > one.position
    JOIN utterances ON utterances.utterance_id = one.utterance_id
GROUP BY one.code_id, other.code_id;
COMMENT ON VIEW code_cooccurrence IS 'Two codes on the same utterance, whoever put them there: one row for each pair of codes that meet. Codes count as they were put on words, without those under them. For codes near one another, see cooccurring().';
COMMENT ON COLUMN code_cooccurrence.code_id IS 'The code that stands first in the codebook: codes.code_id.';
COMMENT ON COLUMN code_cooccurrence.code IS 'What it is called.';
COMMENT ON COLUMN code_cooccurrence.other_id IS 'The other code: codes.code_id.';
COMMENT ON COLUMN code_cooccurrence.other IS 'What that is called.';
COMMENT ON COLUMN code_cooccurrence.pairs IS 'How many pairs of codings, one of each code, have an utterance in common.';
COMMENT ON COLUMN code_cooccurrence.utterances IS 'How many utterances have both codes.';
COMMENT ON COLUMN code_cooccurrence.sessions IS 'In how many sessions.';

CREATE MACRO cooccurring(n) AS TABLE
WITH placed AS MATERIALIZED (
    SELECT dense_rank() OVER (ORDER BY coding_id)::INTEGER AS coding, codes.position AS code, utterances.position, session_id
    FROM codings JOIN codes USING (code_id) JOIN utterances USING (utterance_id)
),
around AS (SELECT coding, code, session_id, position + unnest(generate_series(-n::INTEGER, n::INTEGER)) AS position FROM placed),
met AS (
    SELECT DISTINCT one.code, other.code AS beside, one.coding, other.coding AS its, session_id
    FROM around AS one JOIN placed AS other USING (position, session_id) WHERE one.code < other.code
)
SELECT codes.code_id, codes.name AS code, others.code_id AS other_id, others.name AS other, pairs, sessions
FROM (SELECT code, beside, count(DISTINCT (coding::BIGINT << 32) | its) AS pairs, count(DISTINCT session_id) AS sessions FROM met GROUP BY ALL) AS counted
    JOIN codes ON codes.position = counted.code JOIN codes AS others ON others.position = beside;
COMMENT ON MACRO TABLE cooccurring IS 'Two codes at most n utterances apart in one session (0: on the same utterance), whoever put them there; gaps count as utterances. Gives columns code_id, code, other_id, other, pairs (of codings, one of each code) and sessions, as in code_cooccurrence.';

CREATE VIEW theme_by_session AS
WITH shown AS (SELECT session_id, count(*) AS utterances FROM utterances WHERE NOT withheld GROUP BY session_id),
coded AS (
    SELECT codes_under.code_id, session_id, count(DISTINCT coding_id) AS codings, count(DISTINCT utterance_id) AS utterances
    FROM codings JOIN utterances USING (utterance_id) JOIN codes_under ON under_id = codings.code_id
    GROUP BY ALL
)
SELECT codes.code_id, codes.name AS code, sessions.session_id, held_on, coalesce(codings, 0)::BIGINT AS codings,
    coalesce(coded.utterances, 0)::BIGINT AS utterances, coalesce(coded.utterances, 0) / shown.utterances AS share
FROM codes CROSS JOIN sessions LEFT JOIN shown ON shown.session_id = sessions.session_id
    LEFT JOIN coded ON coded.code_id = codes.code_id AND coded.session_id = sessions.session_id;
COMMENT ON VIEW theme_by_session IS 'How much each session is about each code, together with the codes that stand under it: one row for each code and session, with 0 where nothing was coded. Withheld words are in no count.';
COMMENT ON COLUMN theme_by_session.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN theme_by_session.code IS 'What it is called.';
COMMENT ON COLUMN theme_by_session.session_id IS 'The session: sessions.session_id.';
COMMENT ON COLUMN theme_by_session.held_on IS 'The local day of the session.';
COMMENT ON COLUMN theme_by_session.codings IS 'How many codings of the code, and of those under it, have words in the session.';
COMMENT ON COLUMN theme_by_session.utterances IS 'How many utterances of the session they stand on.';
COMMENT ON COLUMN theme_by_session.share IS 'The same as a share, from 0 to 1, of the utterances whose words are shown. NULL where a session shows none.';

CREATE VIEW agreement AS
WITH coded AS MATERIALIZED (
    SELECT DISTINCT coder_id, code_id, utterance_id, session_id FROM codings JOIN utterances USING (utterance_id)
),
shown AS (SELECT session_id, count(*) AS turns FROM utterances WHERE NOT withheld GROUP BY session_id),
common AS MATERIALIZED (
    SELECT one.coder_id, other.coder_id AS other_id, session_id
    FROM (SELECT DISTINCT coder_id, session_id FROM coded) AS one
        JOIN (SELECT DISTINCT coder_id, session_id FROM coded) AS other USING (session_id)
    WHERE one.coder_id < other.coder_id
),
pairs AS (SELECT coder_id, other_id, sum(turns) AS turns FROM common JOIN shown USING (session_id) GROUP BY ALL),
firsts AS (
    SELECT common.coder_id, other_id, code_id, count(*) AS turns
    FROM common JOIN coded ON coded.session_id = common.session_id AND coded.coder_id = common.coder_id GROUP BY ALL
),
seconds AS (
    SELECT common.coder_id, other_id, code_id, count(*) AS turns
    FROM common JOIN coded ON coded.session_id = common.session_id AND coded.coder_id = other_id GROUP BY ALL
),
together AS (
    SELECT one.coder_id, other.coder_id AS other_id, code_id, count(*) AS turns
    FROM coded AS one JOIN coded AS other USING (utterance_id, code_id) WHERE one.coder_id < other.coder_id GROUP BY ALL
),
counted AS (
    SELECT pairs.coder_id, pairs.other_id, codes.code_id, codes.name AS code,
        coalesce(together.turns, 0) AS agreed, coalesce(firsts.turns, 0) AS one, coalesce(seconds.turns, 0) AS other,
        pairs.turns AS turns
    FROM pairs CROSS JOIN codes
        LEFT JOIN firsts ON (firsts.coder_id, firsts.other_id, firsts.code_id) = (pairs.coder_id, pairs.other_id, codes.code_id)
        LEFT JOIN seconds ON (seconds.coder_id, seconds.other_id, seconds.code_id) = (pairs.coder_id, pairs.other_id, codes.code_id)
        LEFT JOIN together ON (together.coder_id, together.other_id, together.code_id) = (pairs.coder_id, pairs.other_id, codes.code_id)
    WHERE codes.codable
),
chance AS (
    SELECT *, (agreed + turns - one - other + agreed) / turns AS seen,
        (one / turns) * (other / turns) + (1 - one / turns) * (1 - other / turns) AS expected,
        (one = 0 AND other = 0) OR (one = turns AND other = turns) AS alike
    FROM counted
)
SELECT code_id, code, chance.coder_id, coders.name AS coder, other_id, others.name AS other,
    agreed::BIGINT AS both_coders, (one - agreed)::BIGINT AS only_coder, (chance.other - agreed)::BIGINT AS only_other,
    (turns - one - chance.other + agreed)::BIGINT AS neither, turns::BIGINT AS utterances, seen AS agreed_share,
    CASE WHEN NOT alike THEN (seen - expected) / (1 - expected) END AS kappa
FROM chance JOIN coders ON coders.coder_id = chance.coder_id JOIN coders AS others ON others.coder_id = other_id;
COMMENT ON VIEW agreement IS 'How far two coders agree on where a code belongs: one row for each code and pair of coders. What they could both code is every utterance with words of the sessions in which both coded something; on each, a coder has put the code somewhere, or not. Codes count as they were put on words, without those under them.';
COMMENT ON COLUMN agreement.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN agreement.code IS 'What it is called.';
COMMENT ON COLUMN agreement.coder_id IS 'One coder: coders.coder_id.';
COMMENT ON COLUMN agreement.coder IS 'What that coder is called.';
COMMENT ON COLUMN agreement.other_id IS 'The other coder: coders.coder_id.';
COMMENT ON COLUMN agreement.other IS 'What that coder is called.';
COMMENT ON COLUMN agreement.both_coders IS 'On how many utterances both put the code.';
COMMENT ON COLUMN agreement.only_coder IS 'On how many only the one did.';
COMMENT ON COLUMN agreement.only_other IS 'On how many only the other did.';
COMMENT ON COLUMN agreement.neither IS 'On how many neither did.';
COMMENT ON COLUMN agreement.utterances IS 'All four together: what both could code.';
COMMENT ON COLUMN agreement.agreed_share IS 'The share, from 0 to 1, on which they did the same.';
COMMENT ON COLUMN agreement.kappa IS 'Cohen''s kappa: 1 is full agreement, 0 is what chance gives, less than 0 is less. NULL where neither used the code on any of these utterances, or both used it on all: there is then nothing to tell apart, and the formula divides by zero.';

-- The view itself stands in combinations.sql.
COMMENT ON VIEW combinations IS 'What is said of the people who are not shown by their full name, and of how many: one row for each combination. People are counted at the least, because the file does not say which speakers are one person: a made-up name is one person''s; of first names and roles those count apart who speak in one session, and two of any number, which the build has made sure of. Unnamed people are one row, of whom nothing is said: so many as speak in one session.';
COMMENT ON COLUMN combinations.unnamed IS 'True for the row of the unnamed people.';
COMMENT ON COLUMN combinations.role_label IS 'The label, where it is a role.';
COMMENT ON COLUMN combinations.tier IS 'speakers.tier. NULL where it is not said.';
COMMENT ON COLUMN combinations.role_as IS 'speakers.role_as. NULL where it is not said.';
COMMENT ON COLUMN combinations.organisation_as IS 'speakers.organisation_as. NULL where it is not said.';
COMMENT ON COLUMN combinations.place_as IS 'speakers.place_as. NULL where it is not said.';
COMMENT ON COLUMN combinations.language IS 'speakers.language. NULL where it is not said.';
COMMENT ON COLUMN combinations.levels IS 'The levels at which these people are shown.';
COMMENT ON COLUMN combinations.people IS 'How many people it fits, at the least.';

CREATE VIEW small_cells AS FROM combinations WHERE people < 5;
COMMENT ON VIEW small_cells IS 'The combinations that fit fewer than 5 people: a table about such a group is nearly a table about a person.';
COMMENT ON COLUMN small_cells.unnamed IS 'True for the row of the unnamed people.';
COMMENT ON COLUMN small_cells.role_label IS 'The label, where it is a role.';
COMMENT ON COLUMN small_cells.tier IS 'speakers.tier. NULL where it is not said.';
COMMENT ON COLUMN small_cells.role_as IS 'speakers.role_as. NULL where it is not said.';
COMMENT ON COLUMN small_cells.organisation_as IS 'speakers.organisation_as. NULL where it is not said.';
COMMENT ON COLUMN small_cells.place_as IS 'speakers.place_as. NULL where it is not said.';
COMMENT ON COLUMN small_cells.language IS 'speakers.language. NULL where it is not said.';
COMMENT ON COLUMN small_cells.levels IS 'The levels at which these people are shown.';
COMMENT ON COLUMN small_cells.people IS 'How many people it fits, at the least.';

CREATE VIEW speaking_time AS
WITH said AS (
    SELECT session_id, speaker_id, withheld, count(*) AS turns, sum(end_s - start_s) AS seconds,
        sum(word_count(text)) AS words
    FROM utterances GROUP BY session_id, speaker_id, withheld
)
SELECT session_id, held_on, speaker_id, label, withheld, turns, seconds, words::BIGINT AS words,
    CASE WHEN sum(seconds) OVER session > 0 THEN seconds / sum(seconds) OVER session END AS share
FROM said JOIN sessions USING (session_id) LEFT JOIN speakers USING (speaker_id)
WINDOW session AS (PARTITION BY session_id);
COMMENT ON VIEW speaking_time IS 'How long each speaker speaks in each session; what is withheld there, whoever said it, is one row.';
COMMENT ON COLUMN speaking_time.session_id IS 'The session: sessions.session_id.';
COMMENT ON COLUMN speaking_time.held_on IS 'The local day of the session.';
COMMENT ON COLUMN speaking_time.speaker_id IS 'The speaker: speakers.speaker_id. NULL for what is withheld.';
COMMENT ON COLUMN speaking_time.label IS 'What to call the speaker. NULL for what is withheld.';
COMMENT ON COLUMN speaking_time.withheld IS 'True for the row of what is withheld.';
COMMENT ON COLUMN speaking_time.turns IS 'How many utterances.';
COMMENT ON COLUMN speaking_time.seconds IS 'How many seconds they last, together.';
COMMENT ON COLUMN speaking_time.words IS 'How many words: what stands between spaces. NULL for what is withheld.';
COMMENT ON COLUMN speaking_time.share IS 'The share, from 0 to 1, of the seconds of all rows of the session. NULL where they last no time.';
