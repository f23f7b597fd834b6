-- Finds products that are bought together, in bounded memory, from the batches of the order log as a rebuild reads them.
--   entries   one a change of an order: sign, what comes or goes (p), what of the order stays (o)
--   lines     order_row, sign, product, is_other: of orders of at most $max_size products
--   sold      product, orders
--   pairs     a < b, support
-- A set gains or loses an order with each entry that has some of it in p and the rest in p or o.

-- name: entries
CREATE TABLE entries AS
SELECT row_number() OVER () AS order_row, s AS sign, p, o
FROM read_json($file, format = 'newline_delimited', maximum_object_size = 33554432,
               columns = {s: 'TINYINT', d: 'INTEGER', m: 'INTEGER', p: 'INTEGER[]', o: 'INTEGER[]'})
WHERE m <= $max_size;

-- name: orders
SELECT CAST(coalesce(sum(sign) FILTER (sign > 0 OR len(o) = 0), 0) AS BIGINT) FROM entries;

-- name: lines
CREATE TABLE lines AS
SELECT order_row, sign, product, place >= own AS is_other
FROM (SELECT order_row, sign, len(p) AS own, unnest(list_concat(p, o)) AS product,
             unnest(range(len(p) + len(o))) AS place
      FROM entries);

-- name: sold
CREATE TABLE sold AS
SELECT product, CAST(sum(sign) AS BIGINT) AS orders FROM lines WHERE NOT is_other
GROUP BY product HAVING sum(sign) >= $min_support;

-- name: sold_products
SELECT product FROM sold ORDER BY product;

-- name: forget
DELETE FROM sold WHERE product IN (SELECT unnest($products));

-- name: frequent
CREATE TABLE frequent AS SELECT * FROM lines SEMI JOIN sold USING (product);

-- name: pairs
CREATE TABLE pairs AS
WITH counted AS (
    SELECT x.product AS a, y.product AS b, CAST(sum(x.sign) AS BIGINT) AS support
    FROM frequent x JOIN frequent y ON x.order_row = y.order_row AND x.product < y.product
    WHERE NOT (x.is_other AND y.is_other)
    GROUP BY ALL
    HAVING sum(x.sign) >= $min_support
)
SELECT a, b, support, sa.orders AS sold_a, sb.orders AS sold_b,
       support - CAST(sa.orders AS DOUBLE) * sb.orders / $orders AS beyond
FROM counted JOIN sold sa ON sa.product = a JOIN sold sb ON sb.product = b
WHERE CAST(support AS DOUBLE) * $orders > CAST(sa.orders AS DOUBLE) * sb.orders
ORDER BY beyond DESC, a, b
LIMIT $keep;

-- name: best_pairs
SELECT [a, b], support, [sold_a, sold_b] FROM pairs ORDER BY beyond DESC, a, b LIMIT $keep;

-- name: best_triples
-- Only around the strongest pairs, so that their number stays bounded.
WITH grown AS (
    SELECT pairs.a, pairs.b, z.product AS c, CAST(sum(z.sign) AS BIGINT) AS support
    FROM (SELECT * FROM pairs ORDER BY beyond DESC, a, b LIMIT $seeds) pairs
    JOIN frequent x ON x.product = pairs.a
    JOIN frequent y ON y.product = pairs.b AND y.order_row = x.order_row
    JOIN frequent z ON z.order_row = x.order_row AND z.product NOT IN (pairs.a, pairs.b)
    WHERE NOT (x.is_other AND y.is_other AND z.is_other)
    GROUP BY ALL
    HAVING sum(z.sign) >= $min_support
),
counted AS (
    -- A triple may have grown from two or three of its pairs, with the same support from each.
    SELECT DISTINCT list_sort([a, b, c]) AS products, support FROM grown
),
known AS (
    SELECT products, support, s1.orders AS n1, s2.orders AS n2, s3.orders AS n3
    FROM counted JOIN sold s1 ON s1.product = products[1] JOIN sold s2 ON s2.product = products[2]
    JOIN sold s3 ON s3.product = products[3]
)
SELECT products, support, [n1, n2, n3]
FROM known
WHERE CAST(support AS DOUBLE) * $orders * $orders > CAST(n1 AS DOUBLE) * n2 * n3
ORDER BY support - CAST(n1 AS DOUBLE) * n2 * n3 / $orders / $orders DESC, products
LIMIT $keep;
