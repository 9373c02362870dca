-- How many people share what is said of them: the view `combinations`, and what warehouse/risk.py counts by.
WITH said AS (
    SELECT speaker_id, label, level, level = 'pseudonym' AS own, level = 'unnamed' AS unnamed,
        CASE WHEN level = 'role' THEN label END AS role_label, tier, role_as, organisation_as, place_as, language
    FROM speakers
    WHERE level <> 'named'
        AND (level IN ('role', 'unnamed') OR coalesce(tier, role_as, organisation_as, place_as, language) IS NOT NULL)
),
celled AS MATERIALIZED (
    SELECT *, dense_rank() OVER (
        ORDER BY unnamed, role_label, tier, role_as, organisation_as, place_as, language
    ) AS cell
    FROM said
),
at_once AS (
    SELECT cell, session_id, count(*) AS speakers
    FROM celled JOIN (SELECT DISTINCT session_id, speaker_id FROM utterances WHERE NOT withheld) USING (speaker_id)
    WHERE NOT own GROUP BY cell, session_id
),
most AS (SELECT cell, max(speakers) AS speakers FROM at_once GROUP BY cell),
held AS (
    SELECT cell, unnamed, role_label, tier, role_as, organisation_as, place_as, language,
        list(DISTINCT level ORDER BY level) AS levels,
        count(DISTINCT label) FILTER (own) AS own, count(*) FILTER (NOT own) AS others
    FROM celled GROUP BY ALL
)
SELECT unnamed, role_label, tier, role_as, organisation_as, place_as, language, levels,
    greatest(
        own + coalesce(most.speakers, least(1, others)), CASE WHEN unnamed THEN 1 ELSE least(2, own + others) END
    )::BIGINT AS people
FROM held LEFT JOIN most USING (cell)
