-- Finds the products that are most alike in content. Works on
--   products  number, sellable, family (variant group), departments (its categories but those of nearly all products),
--             category (the most specific of these, else of all), reach (the shares of its fields beside categories)
--   terms     token, term, frequency, chosen: whether products are brought together by it
--   vectors   number, term, x: the chosen features of a product, each field of length √share
--   ring      number, other: pairs of one category, so that no product stays without neighbours

-- name: rows
CREATE TABLE rows AS
SELECT * FROM read_json($file, format = 'newline_delimited', maximum_object_size = 16777216,
                        columns = {n: 'INTEGER', s: 'BOOLEAN', g: 'VARCHAR', c: 'VARCHAR', k: 'VARCHAR[]', w: 'DOUBLE[]'});

-- name: features
CREATE TABLE features AS SELECT n AS number, unnest(k) AS token, unnest(w) AS weight FROM rows;

-- name: fields
CREATE TABLE fields AS SELECT unnest($names) AS field, unnest($shares) AS share;

-- name: products
CREATE TABLE products AS
WITH held AS (SELECT number, token, weight FROM features WHERE left(token, 1) = 'c'),
telling AS (
    SELECT token, CAST(row_number() OVER () AS INTEGER) AS department FROM held GROUP BY token
    HAVING count(*) <= $nearly_all * (SELECT count(DISTINCT number) FROM held)
),
departments AS (
    SELECT number, list(department) AS departments, arg_max(token, weight) AS category
    FROM held JOIN telling USING (token) GROUP BY number
),
reaches AS (
    SELECT number, sum(share) AS reach FROM (SELECT DISTINCT number, left(token, 1) AS field FROM features)
    JOIN fields USING (field) WHERE field <> 'c' GROUP BY number
)
SELECT n AS number, s AS sellable, g AS family, coalesce(category, 'c:' || c) AS category, departments, coalesce(reach, 0) AS reach
FROM rows LEFT JOIN departments ON departments.number = n LEFT JOIN reaches ON reaches.number = n;

-- name: terms
-- A token of many products says little and makes the square of their number of pairs. The rarest are chosen first,
-- until the pairs of all chosen ones reach the budget.
CREATE TABLE terms AS
SELECT token, row_number() OVER (ORDER BY frequency, token) AS term, frequency,
       frequency > 1 AND sum(frequency * frequency) OVER (ORDER BY frequency, token ROWS UNBOUNDED PRECEDING)
           <= $budget AS chosen
FROM (SELECT token, count(*) AS frequency FROM features GROUP BY token);

-- name: vectors
CREATE TABLE vectors AS
WITH weighted AS (
    SELECT number, left(token, 1) AS field, term, chosen,
           weight * ln(((SELECT count(*) FROM products) + 1) / (frequency + 0.5)) AS x
    FROM features JOIN terms USING (token)
),
lengths AS (SELECT number, field, sqrt(sum(x * x)) AS length FROM weighted GROUP BY number, field)
SELECT number, term, CAST(sqrt(share) * x / length AS FLOAT) AS x
FROM weighted JOIN lengths USING (number, field) JOIN fields USING (field)
WHERE chosen AND length > 0;

-- name: ring
CREATE TABLE ring AS
WITH placed AS (
    SELECT number, category, row_number() OVER (PARTITION BY category ORDER BY number) - 1 AS place,
           count(*) OVER (PARTITION BY category) AS size
    FROM products WHERE category IS NOT NULL
),
steps AS (
    SELECT number, category, (place + unnest(range(1, least($keep, size - 1) + 1))) % size AS place FROM placed
)
SELECT steps.number, placed.number AS other FROM steps JOIN placed USING (category, place);

-- name: alike
WITH dots AS (
    SELECT a.number, b.number AS other, a.x * b.x AS dot
    FROM vectors a JOIN vectors b ON a.term = b.term AND a.number <> b.number
    WHERE a.number % $passes = $pass
    UNION ALL
    SELECT number, other, 0 FROM ring WHERE number % $passes = $pass
),
sums AS (SELECT number, other, sum(dot) AS dot FROM dots GROUP BY number, other),
pairs AS (
    SELECT sums.number, other,
           dot + CASE WHEN one.category = two.category THEN $same_category ELSE 0 END AS likeness, two.sellable
    FROM sums JOIN products one ON one.number = sums.number JOIN products two ON two.number = other
    WHERE one.family IS NULL OR one.family IS DISTINCT FROM two.family
),
best AS (
    SELECT number, other, CAST(round(1e6 * likeness) AS BIGINT) AS score, sellable
    FROM pairs WHERE likeness >= $floor
    QUALIFY row_number() OVER (PARTITION BY number, sellable ORDER BY score DESC, CAST(other AS VARCHAR) DESC) <= $compared
),
scored AS (
    SELECT best.number, other, score, best.sellable,
           -- NULL where either has no category that tells
           list_has_any(one.departments, two.departments) AS same, $floor_share * least(one.reach, two.reach) AS floor
    FROM best JOIN products one ON one.number = best.number JOIN products two ON two.number = other
),
fitting AS (
    SELECT number, CAST(other AS VARCHAR) AS member, score, sellable, same,
           count(*) FILTER (WHERE same AND sellable) OVER (PARTITION BY number) AS kin
    FROM scored WHERE same OR score >= 1e6 * floor
),
placed AS (
    -- What is sold out stands beside those that can be sold, in nobody's place: it is there when it is back.
    SELECT number, member, CAST(score AS VARCHAR) AS score,
           row_number() OVER (PARTITION BY number, sellable ORDER BY score DESC, member DESC) AS place
    FROM fitting WHERE same IS DISTINCT FROM FALSE OR kin < $enough_kin
),
packed AS (
    SELECT number, $stems[number % len($stems) + 1] AS stem, 2 + 2 * count(*) AS words,
           string_agg('$' || strlen(score) || e'\r\n' || score || e'\r\n$' || strlen(member) || e'\r\n' || member
                      || e'\r\n', '' ORDER BY place) AS members
    FROM placed WHERE place <= $keep GROUP BY number
)
SELECT stem, encode('*' || words || e'\r\n$4\r\nZADD\r\n$' || strlen(stem || number) || e'\r\n' || stem || number
                    || e'\r\n' || members)
FROM packed;
