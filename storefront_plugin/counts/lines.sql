-- Reads a log. Both statements make the relation
--   lines     order_row, sign, day, size, product, is_other: one row for each product of an entry of the log

-- name: lines_of_log
CREATE TABLE lines AS
SELECT order_row, sign, day, size, product, place >= own AS is_other
FROM (
    SELECT order_row, s AS sign, d AS day, m AS size, len(p) AS own,
           unnest(list_concat(p, o)) AS product, unnest(range(len(p) + len(o))) AS place
    FROM (
        SELECT row_number() OVER () AS order_row, *
        FROM read_json($file, format = 'newline_delimited', maximum_object_size = 268435456,
                       columns = {s: 'TINYINT', d: 'INTEGER', m: 'INTEGER', p: 'INTEGER[]', o: 'INTEGER[]'})
    )
);

-- name: lines_of_parquet
CREATE VIEW lines AS
SELECT order_row, coalesce(sign, 1) AS sign, day, size, product, coalesce(is_other, false) AS is_other
FROM (
    -- The columns sign and is_other may be missing in the file.
    SELECT CAST(NULL AS BIGINT) AS order_row, CAST(NULL AS TINYINT) AS sign, CAST(NULL AS INTEGER) AS day,
           CAST(NULL AS INTEGER) AS size, CAST(NULL AS INTEGER) AS product, CAST(NULL AS BOOLEAN) AS is_other
    WHERE false
    UNION ALL BY NAME
    SELECT * FROM read_parquet('{file}')
);
