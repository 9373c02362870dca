-- How far all coders agree, and where they do not. Two coders at a time: the view agreement.

CREATE VIEW reliability AS
WITH coded AS MATERIALIZED (
    SELECT DISTINCT coder_id, code_id, utterance_id, session_id FROM codings JOIN utterances USING (utterance_id)
),
shown AS (SELECT session_id, count(*) AS turns FROM utterances WHERE NOT withheld GROUP BY session_id),
shared AS MATERIALIZED (
    SELECT session_id, count(DISTINCT coder_id) AS coders, any_value(turns) AS turns
    FROM coded JOIN shown USING (session_id) GROUP BY session_id HAVING count(DISTINCT coder_id) > 1
),
judged AS (SELECT sum(coders * turns) AS judgements, sum(turns) AS turns FROM shared),
everybody AS (SELECT count(DISTINCT coder_id) AS coders FROM coded JOIN shared USING (session_id)),
put AS (SELECT code_id, session_id, utterance_id, count(*) AS coders FROM coded GROUP BY ALL),
counted AS (
    SELECT code_id, sum(put.coders) AS judged_so,
        sum(2 * put.coders * (shared.coders - put.coders) / (shared.coders - 1)) AS apart
    FROM put JOIN shared USING (session_id) GROUP BY code_id
),
expected AS (
    SELECT codes.code_id, name, coalesce(judged_so, 0) AS judged_so, coalesce(apart, 0) AS apart, judgements, turns,
        2 * coalesce(judged_so, 0) * (judgements - coalesce(judged_so, 0)) / (judgements - 1) AS by_chance
    FROM codes CROSS JOIN judged LEFT JOIN counted ON counted.code_id = codes.code_id
    WHERE codable AND judgements > 0
)
SELECT code_id, name AS code, coders, turns::BIGINT AS utterances, judged_so::BIGINT AS put,
    CASE WHEN by_chance > 0 THEN 1 - apart / by_chance END AS alpha
FROM expected CROSS JOIN everybody;
COMMENT ON VIEW reliability IS 'How far all coders agree on where a code belongs: one row for each code. What they could code is every utterance with words of the sessions in which at least two of them coded something; who coded nothing in a session is missing there. No row where no session has two coders. Codes count as they were put on words, without those under them.';
COMMENT ON COLUMN reliability.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN reliability.code IS 'What it is called.';
COMMENT ON COLUMN reliability.coders IS 'How many people coded something in one of these sessions.';
COMMENT ON COLUMN reliability.utterances IS 'How many utterances could be coded.';
COMMENT ON COLUMN reliability.put IS 'How many times somebody put the code on one of them, each coder counted once.';
COMMENT ON COLUMN reliability.alpha IS 'Krippendorff''s alpha for nominal values: 1 is full agreement, 0 is what chance gives, less than 0 is less. NULL where nobody used the code, or everybody on every utterance: there is then nothing to tell apart.';

CREATE VIEW disagreements AS
WITH coded AS MATERIALIZED (
    SELECT coder_id, code_id, utterance_id, session_id, list(substring(text, start_char + 1, end_char - start_char) ORDER BY start_char) AS words
    FROM codings JOIN utterances USING (utterance_id) GROUP BY ALL
),
active AS MATERIALIZED (SELECT DISTINCT session_id, coder_id, coders.name FROM coded JOIN coders USING (coder_id)),
put AS (SELECT DISTINCT code_id, session_id, utterance_id FROM coded),
judged AS (
    SELECT put.code_id, put.utterance_id, active.name, words
    FROM put JOIN active USING (session_id)
        LEFT JOIN coded ON (coded.code_id, coded.utterance_id, coded.coder_id) = (put.code_id, put.utterance_id, active.coder_id)
),
apart AS (
    SELECT code_id, utterance_id, list(name ORDER BY name) FILTER (words IS NOT NULL) AS put_by,
        list(name ORDER BY name) FILTER (words IS NULL) AS not_by, list_distinct(flatten(list(words) FILTER (words IS NOT NULL))) AS words
    FROM judged GROUP BY ALL HAVING count(words) < count(*)
)
SELECT apart.code_id, codes.name AS code, apart.utterance_id, session_id, clock(start_s) AS start, label, list_sort(put_by) AS put_by,
    not_by, array_to_string(list_sort(words), ' … ') AS words, text
FROM apart JOIN codes USING (code_id) JOIN utterances USING (utterance_id) JOIN speakers USING (speaker_id);
COMMENT ON VIEW disagreements IS 'Where coders of one session do not agree: one row for each code and utterance that some of them put it on, and others, who coded something in that session, did not.';
COMMENT ON COLUMN disagreements.code_id IS 'The code: codes.code_id.';
COMMENT ON COLUMN disagreements.code IS 'What it is called.';
COMMENT ON COLUMN disagreements.utterance_id IS 'The utterance: utterances.utterance_id.';
COMMENT ON COLUMN disagreements.session_id IS 'The session: sessions.session_id.';
COMMENT ON COLUMN disagreements.start IS 'When it begins, in minutes and seconds (and hours).';
COMMENT ON COLUMN disagreements.label IS 'Who says it: speakers.label.';
COMMENT ON COLUMN disagreements.put_by IS 'Who put the code there: coders.name.';
COMMENT ON COLUMN disagreements.not_by IS 'Who did not.';
COMMENT ON COLUMN disagreements.words IS 'The words that the code was put on.';
COMMENT ON COLUMN disagreements.text IS 'All words of the utterance.';
