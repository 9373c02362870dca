-- Finding turns by their words: an index made of the released words alone, and the macro that reads it. Nothing here
-- needs an extension. Written after schema.sql and views.sql; filled by warehouse/searching.py.

CREATE TABLE search_words (
    word VARCHAR NOT NULL,
    term INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    root INTEGER NOT NULL
);
COMMENT ON TABLE search_words IS 'For search only: one row for each word of the released texts and each group of words that have its stem. Use search() instead.';
COMMENT ON COLUMN search_words.word IS 'The word in small letters, without accents.';
COMMENT ON COLUMN search_words.term IS 'The group of words with one stem in one language: search_places.term.';
COMMENT ON COLUMN search_words.turns IS 'In how many utterances a word of this group stands.';
COMMENT ON COLUMN search_words.root IS 'How many of its first letters belong to the stem.';

CREATE TABLE search_places (
    term INTEGER NOT NULL,
    position INTEGER NOT NULL,
    times USMALLINT NOT NULL,
    words USMALLINT NOT NULL
);
COMMENT ON TABLE search_places IS 'For search only: one row for each group of words with one stem and each utterance in which one of them stands. Use search() instead.';
COMMENT ON COLUMN search_places.term IS 'The group of words: search_words.term.';
COMMENT ON COLUMN search_places.position IS 'The utterance: utterances.position.';
COMMENT ON COLUMN search_places.times IS 'How often words of this group stand in it.';
COMMENT ON COLUMN search_places.words IS 'How many words it has; 65,535 where it has more.';

CREATE TABLE search_size (
    turns INTEGER NOT NULL,
    words DOUBLE NOT NULL
);
COMMENT ON TABLE search_size IS 'For search only: one row on the size of what is searched.';
COMMENT ON COLUMN search_size.turns IS 'How many utterances have words.';
COMMENT ON COLUMN search_size.words IS 'How many words they have on average.';

CREATE MACRO folded(words) AS
    replace(replace(strip_accents(lower(nfc_normalize(words))), 'œ', 'oe'), 'æ', 'ae');
COMMENT ON MACRO folded IS 'Words in small letters, without accents: what search compares.';

CREATE MACRO phrases(query) AS
    regexp_extract_all(translate(query, '“”«»', '""""'), '"([^"]+)"', 1);
COMMENT ON MACRO phrases IS 'What stands between double quotes in a query.';

CREATE MACRO has_phrase(words, phrase) AS coalesce(regexp_matches(folded(words),
    '(?:^|[^\pL\pN\pM])' || array_to_string(regexp_extract_all(folded(phrase), '[\pL\pN\pM]+'), '[^\pL\pN\pM]+')
    || '(?:[^\pL\pN\pM]|$)'), true);
COMMENT ON MACRO has_phrase IS 'Whether a text has these words side by side, whatever their capitals and accents; yes where the phrase is NULL.';

-- BM25 with the usual k1 = 1.2 and b = 0.75. Each word asked for has a bit, so that a turn that has them all is known
-- from one pass over the places. A word that nobody says in this form stands for the words that begin with it, else for
-- those with the longest root that it begins with.
CREATE MACRO search(query, most := NULL) AS TABLE
WITH asked AS MATERIALIZED (
    SELECT word, 1::BIGINT << (row_number() OVER (ORDER BY word)) AS bit
    FROM (SELECT DISTINCT unnest(regexp_extract_all(folded(query), '[\pL\pN\pM]+')) AS word ORDER BY word LIMIT 60)
),
looked_up AS MATERIALIZED (
    SELECT asked.word, bit, term, turns FROM asked LEFT JOIN search_words ON search_words.word = asked.word
),
unknown AS MATERIALIZED (SELECT word, bit FROM looked_up WHERE term IS NULL),
begun AS MATERIALIZED (
    SELECT bit, known.term, known.turns
    FROM unknown JOIN search_words AS known ON starts_with(known.word, unknown.word)
),
related AS (
    SELECT bit, known.term, known.turns
    FROM unknown JOIN search_words AS known
        ON root >= 4 AND length(unknown.word) - root BETWEEN 0 AND 4 AND starts_with(unknown.word, left(known.word, root))
    WHERE bit NOT IN (SELECT bit FROM begun)
    QUALIFY root = max(root) OVER (PARTITION BY bit)
),
chosen AS (
    SELECT bit, term, turns FROM looked_up WHERE term IS NOT NULL
    UNION SELECT bit, term, turns FROM begun
    UNION SELECT bit, term, turns FROM related
),
counted AS (SELECT bit, term, sum(turns) OVER (PARTITION BY bit) AS held FROM chosen),
weighed AS MATERIALIZED (
    SELECT bit, term, size.words AS mean,
        ln(1 + (size.turns - least(held, size.turns) + 0.5) / (least(held, size.turns) + 0.5)) AS rarity
    FROM counted CROSS JOIN search_size AS size
),
scored AS (
    SELECT position, sum(rarity * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * words / mean))) AS score
    FROM search_places JOIN weighed USING (term)
    GROUP BY position
    HAVING bit_or(bit) = (SELECT sum(bit) FROM asked)
),
ranked AS MATERIALIZED (
    SELECT position, score FROM scored
    ORDER BY score DESC, position LIMIT CASE WHEN len(phrases(query)) = 0 THEN most END
)
SELECT utterance_id, session_id, label, clock(start_s) AS start, round(score, 3) AS score, text
FROM ranked JOIN utterances USING (position) JOIN speakers USING (speaker_id)
WHERE CASE WHEN len(phrases(query)) = 0 THEN true ELSE
    has_phrase(text, phrases(query)[1]) AND has_phrase(text, phrases(query)[2])
    AND has_phrase(text, phrases(query)[3]) AND has_phrase(text, phrases(query)[4]) END
ORDER BY ranked.score DESC, position LIMIT most;
COMMENT ON MACRO TABLE search IS 'Utterances that have every word of the query, the best first (BM25), at most so many as most says where it is given. Capitals, accents and endings (English or French, by the language of the session) do not count; words between double quotes must stand side by side as they are. A word that is not there finds those that begin with it, else those with its root. Of a query, 60 words and 4 such phrases count. Gives columns utterance_id, session_id, label, start (mm:ss), score and text.';
