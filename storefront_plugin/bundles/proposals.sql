-- Finds products that are bought together, in bounded memory. All relations hold each order's distinct products once.
--   lines     order_row, product: of orders that stand and have at most $max_size products
--   sold      product, orders
--   pairs     a < b, support
--   triples   a < b < c, support; only around the strongest pairs, so that their number stays bounded

-- name: lines
CREATE TABLE lines AS
SELECT o AS order_row, unnest(p) AS product
FROM read_json($file, format = 'newline_delimited', columns = {o: 'INTEGER', p: 'INTEGER[]'})
WHERE len(p) <= $max_size;

-- name: orders
SELECT count(DISTINCT order_row) FROM lines;

-- name: sold
CREATE TABLE sold AS
SELECT product, count(*) AS orders FROM lines GROUP BY product HAVING count(*) >= $min_support;

-- name: pairs
CREATE TABLE pairs AS
WITH frequent AS (SELECT order_row, product FROM lines SEMI JOIN sold USING (product)),
counted AS (
    SELECT x.product AS a, y.product AS b, count(*) AS support
    FROM frequent x JOIN frequent y ON x.order_row = y.order_row AND x.product < y.product
    GROUP BY ALL
    HAVING count(*) >= $min_support
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
WITH grown AS (
    SELECT x.order_row, pairs.a, pairs.b, z.product AS c
    FROM (SELECT * FROM pairs ORDER BY beyond DESC, a, b LIMIT $seeds) pairs
    JOIN lines x ON x.product = pairs.a
    JOIN lines y ON y.product = pairs.b AND y.order_row = x.order_row
    JOIN lines z ON z.order_row = x.order_row AND z.product NOT IN (pairs.a, pairs.b)
),
counted AS (
    -- A triple may have grown from two or three of its pairs; each of its orders counts once.
    SELECT list_sort([a, b, c]) AS products, count(DISTINCT order_row) AS support
    FROM grown GROUP BY ALL HAVING count(DISTINCT order_row) >= $min_support
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
