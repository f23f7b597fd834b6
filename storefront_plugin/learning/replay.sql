-- Replays the latest orders of a log: asks for suggestions as if they were on their way, from the orders before them.
--   lines     see lines.sql of counts
--   held      the orders held back;  baskets: those of them that stand, as many as are asked about
--   before    lines of the orders before these, which alone are known;  units: day, u1 … u5: its weight by half-life
--   products  product, orders (n by half-life; an order of the last day before weighs 1), recent (orders of two weeks)
--   queries   query, products, hidden, seed;  asked: page, query, seed;  wanted: page, query, product
--   pairs     seed, product, weights (w by half-life), of all seeds;  weights: the strongest of them
--   modelled  query, product, weight: what a model of carts says of each candidate, the best of a query being 1

-- name: days
SELECT day, count(DISTINCT order_row)
FROM lines
WHERE sign > 0 AND NOT is_other AND size BETWEEN 2 AND $max_size
GROUP BY day ORDER BY day DESC;

-- name: held
CREATE TABLE held AS
SELECT order_row, any_value(day) AS day, any_value(sign) AS sign, bool_or(is_other) AS is_part,
       list(product ORDER BY product) AS products
FROM lines
WHERE day >= $since AND size BETWEEN 2 AND $max_size
GROUP BY order_row
HAVING hash(list(product ORDER BY product)) % $parts = 0;

-- name: baskets
CREATE TABLE baskets AS
SELECT products, day
FROM held
GROUP BY products, day
HAVING sum(sign) > 0 AND NOT bool_or(is_part)
ORDER BY hash(products, day), products, day
LIMIT $most;

-- name: units
CREATE TABLE units AS
SELECT unnest($days) AS day, unnest($u1) AS u1, unnest($u2) AS u2, unnest($u3) AS u3, unnest($u4) AS u4,
       unnest($u5) AS u5;

-- name: before
CREATE TABLE before AS
SELECT order_row, product, sign, day, size, is_other
FROM lines
WHERE day < $until AND size BETWEEN 2 AND $max_size AND order_row NOT IN (SELECT order_row FROM held);

-- name: products
CREATE TABLE products AS
SELECT product, [sum(sign * u1), sum(sign * u2), sum(sign * u3), sum(sign * u4), sum(sign * u5)] AS orders,
       greatest(0, coalesce(sum(sign) FILTER (day > $recent), 0)) AS recent
FROM before JOIN units USING (day)
WHERE NOT is_other
GROUP BY product
HAVING sum(sign) > 0;

-- name: queries
CREATE TABLE queries AS
WITH known AS (
    SELECT products AS basket, day, list(product ORDER BY product) AS products
    FROM (SELECT products, day, unnest(products) AS product FROM baskets) JOIN products USING (product)
    GROUP BY products, day
    HAVING count(*) > 1
)
SELECT row_number() OVER (ORDER BY hash(products, day), products, day) AS query, products,
       products[1 + CAST(hash(products, day, 'cart') % len(products) AS INTEGER)] AS hidden,
       products[1 + CAST(hash(products, day, 'product') % len(products) AS INTEGER)] AS seed
FROM known;

-- name: asked
CREATE TABLE asked AS
SELECT 'cart' AS page, query, seed, row_number() OVER (PARTITION BY query ORDER BY seed) AS place
FROM (SELECT query, hidden, unnest(products) AS seed FROM queries)
WHERE seed <> hidden
UNION ALL
SELECT 'product', query, seed, 1 FROM queries;

-- name: wanted
CREATE TABLE wanted AS
SELECT 'cart' AS page, query, hidden AS product FROM queries
UNION ALL
SELECT 'product', query, product
FROM (SELECT query, seed, unnest(products) AS product FROM queries)
WHERE product <> seed;

-- name: ideals
-- The gain of a list whose first places are all right, by their number.
CREATE TABLE ideals AS
SELECT place, sum(1 / log2(1 + place)) OVER (ORDER BY place) AS ideal
FROM (SELECT unnest(range(1, 11)) AS place);

-- name: pairs
CREATE TABLE pairs AS
WITH members AS (
    SELECT order_row, product, is_other, sign, u1 * damp AS w1, u2 * damp AS w2, u3 * damp AS w3, u4 * damp AS w4,
           u5 * damp AS w5
    FROM (SELECT *, sign / sqrt(size - 1) AS damp FROM before) JOIN units USING (day)
)
SELECT a.product AS seed, b.product, [sum(a.w1), sum(a.w2), sum(a.w3), sum(a.w4), sum(a.w5)] AS weights
FROM members a JOIN members b ON a.order_row = b.order_row AND a.product <> b.product
WHERE a.product IN (SELECT seed FROM asked) AND NOT (a.is_other AND b.is_other)
GROUP BY a.product, b.product
HAVING sum(a.sign) > 0;

-- name: weights
-- The strongest neighbours of each half-life, as many as Redis keeps.
CREATE TABLE weights AS
SELECT seed, product, half_life, weight,
       row_number() OVER (PARTITION BY half_life, seed ORDER BY weight DESC, product) AS place
FROM (SELECT seed, product, unnest(range(1, 1 + $half_lives)) AS half_life, unnest(weights[:$half_lives]) AS weight FROM pairs)
QUALIFY place <= $keep;

-- name: sold
CREATE OR REPLACE TABLE sold AS
WITH counted AS (SELECT product, orders[$half_life] AS n, recent FROM products WHERE orders[$half_life] > 0)
SELECT product, n, CASE WHEN pace > 0 THEN pow((recent * pace + $trend_orders) / (n + $trend_orders), $trend) ELSE 1 END
       AS trend, row_number() OVER (ORDER BY n DESC, product) <= $popular AS is_popular
FROM counted, (SELECT coalesce(sum(n) / nullif(sum(recent), 0), 0) AS pace FROM counted);

-- name: evidence
-- What pairs say of each candidate, and how much the popularity prior weighs.
CREATE OR REPLACE TABLE evidence AS
WITH seeds AS (
    -- Of many seeds a page scores fewer neighbours each.
    SELECT query, seed, n, $depths[count(*) OVER (PARTITION BY query)] AS depth
    FROM asked JOIN sold ON sold.product = seed
    WHERE page = $page AND place <= len($depths)
),
strengths AS (
    SELECT query, sum(pow(n, -CAST($prior_seed AS DOUBLE))) / (SELECT sum(n) FROM sold) AS strength FROM seeds GROUP BY query
),
paired AS (
    SELECT query, weights.product,
           sum(pow(n, -CAST($seed AS DOUBLE)) * weight * weight / (weight + $shrinkage)) AS value
    FROM seeds JOIN weights USING (seed)
    WHERE half_life = $half_life AND place <= depth
    GROUP BY query, weights.product
    UNION ALL
    SELECT query, product, 0 FROM strengths, sold WHERE is_popular
)
SELECT query, product, sum(value) AS value, any_value(strength) AS strength
FROM paired JOIN strengths USING (query)
WHERE (query, product) NOT IN (SELECT (query, seed) FROM asked WHERE page = $page)
GROUP BY query, product;

-- name: best
-- The ten best candidates of each query.
CREATE OR REPLACE TABLE best AS
WITH paired AS (
    SELECT query, product, (value + $prior * strength * n) * pow(n, -CAST($specialness AS DOUBLE)) * trend AS score
    FROM evidence JOIN sold USING (product)
),
scored AS (
    -- To seven digits, so that equal scores are equal in whatever order they were added up.
    SELECT query, product,
           CAST((1 - $share) * coalesce(score / best, 0) + $share * coalesce(weight, 0) AS FLOAT) AS score
    FROM (SELECT *, nullif(max(score) OVER (PARTITION BY query), 0) AS best FROM paired)
    FULL JOIN (FROM modelled WHERE $share > 0) USING (query, product)
)
SELECT query, product, row_number() OVER (PARTITION BY query ORDER BY score DESC, product) AS place
FROM scored
QUALIFY place <= 10;

-- name: ndcg
-- NDCG@10 of each query, in their order (Järvelin and Kekäläinen 2002, binary gain).
WITH found AS (
    SELECT query, sum(1 / log2(1 + place)) AS gain
    FROM best JOIN (FROM wanted WHERE page = $page) USING (query, product)
    GROUP BY query
),
asking AS (
    SELECT query, least(10, count(*)) AS place FROM wanted WHERE page = $page GROUP BY query
)
SELECT query, coalesce(gain, 0) / ideal FROM asking JOIN ideals USING (place) LEFT JOIN found USING (query) ORDER BY query;

-- name: all_days
SELECT DISTINCT day FROM before ORDER BY day;

-- name: count
SELECT count(*) FROM queries;

-- name: matrix_of_before
CREATE OR REPLACE VIEW matrix_lines AS SELECT order_row, product, sign, size, is_other FROM before;

-- name: matrix_of_all
CREATE OR REPLACE VIEW matrix_lines AS SELECT order_row, product, sign, size, is_other FROM lines;

-- name: matrix_products
-- The products of most orders, each with its place in the matrix.
CREATE OR REPLACE TABLE matrix_products AS
SELECT product, CAST(row_number() OVER (ORDER BY orders DESC, product) - 1 AS INTEGER) AS place, orders
FROM (
    SELECT product, sum(sign) AS orders
    FROM matrix_lines
    WHERE NOT is_other AND size BETWEEN 2 AND $max_size
    GROUP BY product
    HAVING sum(sign) > 0
)
ORDER BY place
LIMIT $most;

-- name: matrix_diagonal
SELECT CAST(product AS INTEGER) AS product, CAST(orders AS DOUBLE) AS orders FROM matrix_products ORDER BY place;

-- name: matrix_cells
WITH members AS (
    SELECT order_row, sign, is_other, place
    FROM matrix_lines JOIN matrix_products USING (product)
    WHERE size BETWEEN 2 AND $max_size
)
SELECT a.place AS one, b.place AS other, CAST(sum(a.sign) AS DOUBLE) AS orders
FROM members a JOIN members b ON a.order_row = b.order_row AND a.place < b.place
WHERE NOT (a.is_other AND b.is_other)
GROUP BY a.place, b.place
HAVING sum(a.sign) > 0;

-- name: seeds
SELECT DISTINCT seed FROM asked WHERE page = 'cart' ORDER BY seed;

-- name: modelled
CREATE OR REPLACE TABLE modelled AS
WITH model AS (SELECT unnest($seeds) AS seed, unnest($products) AS product, unnest($weights) AS weight),
seeds AS (SELECT query, seed FROM asked WHERE page = 'cart'),
summed AS (
    SELECT query, product, sum(weight) AS weight
    FROM seeds JOIN model USING (seed)
    WHERE (query, product) NOT IN (FROM seeds)
    GROUP BY query, product
)
SELECT query, product, weight / best AS weight
FROM (SELECT *, max(weight) OVER (PARTITION BY query) AS best FROM summed)
WHERE best > 0;

-- name: bestsellers
-- Products by their orders, the first in most.
CREATE TABLE bestsellers AS
SELECT product, row_number() OVER (ORDER BY count(DISTINCT order_row) DESC, product) AS place
FROM before
WHERE NOT is_other AND sign > 0 AND product IN (SELECT product FROM products)
GROUP BY product;

-- name: together
-- In how many orders each product was with each seed.
CREATE TABLE together AS
SELECT a.product AS seed, b.product, sum(a.sign) AS orders
FROM before a JOIN before b ON a.order_row = b.order_row AND a.product <> b.product
WHERE a.product IN (SELECT seed FROM asked) AND NOT (a.is_other AND b.is_other)
GROUP BY a.product, b.product
HAVING sum(a.sign) > 0;

-- name: best_popular
CREATE OR REPLACE TABLE best AS
SELECT query, product, row_number() OVER (PARTITION BY query ORDER BY rank) AS place
FROM (SELECT query FROM queries), (SELECT product, place AS rank FROM bestsellers WHERE place <= 10 + $most_seeds)
WHERE (query, product) NOT IN (SELECT (query, seed) FROM asked WHERE page = $page)
QUALIFY place <= 10;

-- name: best_random
CREATE OR REPLACE TABLE best AS
WITH known AS (SELECT list(product ORDER BY product) AS products FROM products),
drawn AS (
    SELECT query, products[1 + CAST(hash(query, draw) % len(products) AS INTEGER)] AS product, min(draw) AS draw
    FROM (SELECT query FROM queries), known, (SELECT unnest(range(10 * (10 + $most_seeds))) AS draw)
    GROUP BY ALL
)
SELECT query, product, row_number() OVER (PARTITION BY query ORDER BY draw) AS place
FROM drawn
WHERE (query, product) NOT IN (SELECT (query, seed) FROM asked WHERE page = $page)
QUALIFY place <= 10;

-- name: best_counted
CREATE OR REPLACE TABLE best AS
WITH seeds AS (SELECT query, seed FROM asked WHERE page = $page),
counted AS (SELECT query, product, sum(orders) AS orders FROM seeds JOIN together USING (seed) GROUP BY query, product)
SELECT query, product, row_number() OVER (PARTITION BY query ORDER BY orders DESC, product) AS place
FROM counted
WHERE (query, product) NOT IN (FROM seeds)
QUALIFY place <= 10;

-- name: hits
-- The share of queries with something wanted among the best.
SELECT count(DISTINCT query) / nullif((SELECT count(*) FROM queries), 0)
FROM best JOIN (FROM wanted WHERE page = $page) USING (query, product);

-- name: spread
-- The share of all products that are among the best of any query, and that of the ten best sellers among all of these.
SELECT count(DISTINCT product) / nullif((SELECT count(*) FROM products), 0),
       coalesce(avg(CAST(product IN (SELECT product FROM bestsellers WHERE place <= 10) AS INTEGER)), 0)
FROM best;

-- name: count_products
SELECT count(*) FROM products;
