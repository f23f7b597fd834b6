-- Turns signed order lines into the neighbours of each product. Counting works on four relations:
--   lines     see lines.sql
--   units     day, unit: what an order of that day counts in n;  damps: size, damp
--   members   lines of orders that make pairs, with the signed weight of one pair of their order
--   products  product, count (n, of orders that make pairs), sold (all orders)
-- All weights are integers, so the order of adding does not matter and what was taken back leaves exactly 0.

-- name: days_and_sizes
SELECT list(DISTINCT day), list(DISTINCT size) FILTER (size BETWEEN 2 AND $max_size) FROM lines;

-- name: units
CREATE TABLE units AS SELECT unnest($days) AS day, CAST(unnest($units) AS BIGINT) AS unit;

-- name: damps
CREATE TABLE damps AS SELECT unnest($sizes) AS size, CAST(unnest($damps) AS BIGINT) AS damp;

-- name: members
CREATE TABLE members AS
WITH prices AS (
    -- The product of both can pass 63 bits before the shift.
    SELECT day, size, CAST((CAST(unit AS HUGEINT) * damp) >> $damp_bits AS BIGINT) AS weight
    FROM (SELECT DISTINCT day, size FROM lines) JOIN units USING (day) JOIN damps USING (size)
)
SELECT order_row, product, sign, sign * weight AS weight, is_other
FROM lines JOIN prices USING (day, size);

-- name: products
CREATE TABLE products AS
SELECT product, CAST(sum(sign) AS BIGINT) AS sold,
       CAST(coalesce(sum(sign * unit) FILTER (size BETWEEN 2 AND $max_size), 0) AS BIGINT) AS count
FROM lines JOIN units USING (day)
WHERE NOT is_other
GROUP BY product
HAVING sum(sign) <> 0;

-- name: totals
-- The newest day is that of an order that counts: one that was cancelled is forgotten.
SELECT (SELECT max(day) FROM (SELECT day FROM lines WHERE NOT is_other GROUP BY day HAVING sum(sign) > 0)),
       max(product),
       (SELECT CAST(coalesce(sum(sign), 0) AS BIGINT)
        FROM (SELECT any_value(sign) AS sign, bool_or(is_other) AS is_part
              FROM lines WHERE size > $max_size GROUP BY order_row)
        WHERE sign > 0 OR NOT is_part)
FROM lines;

-- name: unsellable
CREATE TABLE unsellable AS SELECT CAST(unnest($numbers) AS INTEGER) AS product;

-- name: products_of_shard
SELECT product, count, sold FROM products WHERE product % $shards = $shard ORDER BY product;

-- name: neighbours_of_shard
-- One row a product: the two commands that fill its sorted set and its hash, packed as Redis reads them. The heaviest
-- neighbour comes first, because Redis then finds the place of each further one at the head of its compact list.
WITH pairs AS (
    SELECT a.product, b.product AS neighbour,
           CAST(sum(a.weight) AS BIGINT) AS weight, CAST(sum(a.sign) AS BIGINT) AS support
    FROM members a JOIN members b ON a.order_row = b.order_row AND a.product <> b.product
    WHERE a.product % $shards = $shard AND NOT (a.is_other AND b.is_other)
    GROUP BY a.product, b.product
    HAVING sum(a.sign) > 0
),
firm AS (
    SELECT product, count(*) FILTER (support > 1) AS neighbours FROM pairs GROUP BY product
),
placed AS (
    -- Ties go by the bytes of the member, as in a sorted set, whose lowest are removed.
    SELECT product, CAST(neighbour AS VARCHAR) AS member, CAST(weight AS VARCHAR) AS weight,
           CAST(support AS VARCHAR) AS support, neighbour,
           row_number() OVER (PARTITION BY product ORDER BY weight DESC, CAST(neighbour AS VARCHAR) DESC) AS place
    FROM pairs JOIN firm USING (product)
    -- Chance makes most pairs that were seen once; a product with enough others does without them.
    WHERE support > 1 OR $admission = 0 OR firm.neighbours < $admission
),
standing AS (
    -- Half of the places are the strongest's; of the others what cannot be sold goes first.
    SELECT * EXCLUDE (neighbour), place AS standing FROM placed WHERE place <= $strongest
    UNION ALL
    SELECT * EXCLUDE (neighbour),
           $strongest + row_number() OVER (PARTITION BY product ORDER BY neighbour IN (FROM unsellable), place)
    FROM placed WHERE place > $strongest AND $strongest < $keep
),
packed AS (
    SELECT product, 2 + 2 * count(*) AS words,
           string_agg('$' || strlen(weight) || e'\r\n' || weight || e'\r\n$' || strlen(member) || e'\r\n' || member
                      || e'\r\n', '' ORDER BY place) AS weights,
           string_agg('$' || strlen(member) || e'\r\n' || member || e'\r\n$' || strlen(support) || e'\r\n' || support
                      || e'\r\n', '' ORDER BY place) AS supports
    FROM standing
    WHERE standing <= $keep
    GROUP BY product
)
SELECT encode('*' || words || e'\r\n$4\r\nZADD\r\n$' || strlen($weights_stem || product) || e'\r\n'
              || $weights_stem || product || e'\r\n' || weights),
       encode('*' || words || e'\r\n$4\r\nHSET\r\n$' || strlen($support_stem || product) || e'\r\n'
              || $support_stem || product || e'\r\n' || supports)
FROM packed;
