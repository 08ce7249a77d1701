-- Names
SELECT * FROM flights LIMIT 3;
SELECT f.*, a.city FROM flights f JOIN airports a ON f.origin = a.code;
SELECT origin, name FROM flights, airports WHERE origin = code;
SELECT code FROM airports a JOIN airports b USING (code);
SELECT a.code, city FROM airports a LEFT JOIN (SELECT code, city AS c FROM airports) b USING (code);
SELECT city FROM airports a JOIN airports b ON a.code = b.code;
SELECT x.delay FROM flights f;
SELECT f.dely FROM flights f;
SELECT "Delay" FROM FLIGHTS;

-- Grouping
SELECT origin, COUNT(*) FROM flights GROUP BY origin;
SELECT origin AS o, COUNT(*) AS n FROM flights GROUP BY o HAVING n > 10 ORDER BY n DESC, 1 NULLS FIRST LIMIT 5 OFFSET 2;
SELECT upper(origin), SUM(delay) FROM flights GROUP BY upper(origin);
SELECT origin, destination, AVG(delay) FROM flights GROUP BY ALL;
SELECT date_trunc('month', date) AS month, COUNT(*) FROM flights GROUP BY month;
SELECT origin, delay FROM flights GROUP BY origin;
SELECT COUNT(*) FROM flights HAVING delay > 3;
SELECT origin FROM flights GROUP BY COUNT(*);
SELECT origin || '!' AS label, MAX(delay) FROM flights GROUP BY origin;

-- Types
SELECT COUNT(*) FROM flights WHERE date >= '2001-02-03' AND date < DATE '2001-03-01' + INTERVAL 1 MONTH;
SELECT AVG(delay / 60.0), SUM(distance * 2), VAR_POP(delay) FROM flights WHERE delay BETWEEN 1 AND 10.5;
SELECT CASE WHEN delay > 15 THEN 'late' ELSE 'fine' END AS k, COUNT(*) FROM flights GROUP BY k;
SELECT CASE WHEN delay > 15 THEN 'late' ELSE 0 END FROM flights;
SELECT CAST(delay AS FLOTE) FROM flights;
SELECT extract(mnth FROM date) FROM flights;
SELECT coalesce(origin, 5) FROM flights;
SELECT SUM(DISTINCT delay) FILTER (WHERE distance > 100) FROM flights;
SELECT round(delay) FILTER (WHERE TRUE) FROM flights;
SELECT LENGTH(*) FROM flights;
SELECT delay FROM flights WHERE NOT origin;
SELECT current_date, now() - INTERVAL '7 days';

-- Aggregates over aggregates, smooth and not
SELECT SUM(delay) / COUNT(*) AS mean, sqrt(VAR_SAMP(delay)) FROM flights WHERE distance > 5;
SELECT round(AVG(delay), 2), floor(SUM(delay)) FROM flights WHERE distance > 5;
SELECT coalesce(SUM(delay), 0) / nullif(COUNT(*), 0) FROM flights WHERE distance > 5;
SELECT CASE WHEN COUNT(*) > 5 THEN AVG(delay) END FROM flights WHERE distance > 5;
SELECT SUM(delay) % 7 FROM flights WHERE distance > 5;
SELECT COUNT(DISTINCT origin), MEDIAN(delay) FROM flights;
SELECT origin, COUNT(DISTINCT destination), COUNT(*) / COUNT(DISTINCT destination) FROM flights GROUP BY origin;
SELECT MIN(delay), MAX(date) FROM flights;

-- Accessors: what is said of an aggregate's interval
SELECT origin, AVG(delay), LOWER_BOUND(AVG(delay)), UPPER_BOUND(AVG(delay)) - AVG(delay) AS half FROM flights GROUP BY origin HAVING LOWER_BOUND(COUNT(*)) > 1000 AND CERTIFIED(AVG(delay)) ORDER BY STDERR(AVG(delay)), 3 DESC LIMIT 5;
SELECT RELATIVE_ERROR(SUM(delay) / SUM(distance)), CERTIFIED(SUM(delay)) FROM flights WHERE distance > 5;
SELECT AVG(delay) AS a, LOWER_BOUND(a), STDERR(SUM(a)) FROM flights;
SELECT SUM(distance) AS s, UPPER_BOUND(s), UPPER_BOUND(SUM(distance)) FROM flights;
SELECT CERTIFIED(MIN(date)), LOWER_BOUND(MIN(delay)) FROM flights;
SELECT origin, LOWER_BOUND(COUNT(*) % 7) FROM flights GROUP BY origin;
SELECT origin, rank() OVER (ORDER BY LOWER_BOUND(AVG(delay))) FROM flights GROUP BY origin;
SELECT LOWER_BOUND(delay) FROM flights;
SELECT LOWER_BOUND(origin) FROM flights GROUP BY origin;
SELECT LOWER_BOUND(MIN(origin)) FROM flights;
SELECT LOWER_BOUND(STDERR(AVG(delay))) FROM flights;
SELECT SUM(LOWER_BOUND(AVG(delay))) FROM flights;
SELECT LOWER_BOUND(COUNT(*)) FILTER (WHERE delay > 5) FROM flights;
SELECT LOWER_BOUND(COUNT(*), 5) FROM flights;
SELECT LOWER_BOUND(AVG(delay) OVER ()) FROM flights;
SELECT COUNT(*) FROM flights WHERE LOWER_BOUND(AVG(delay)) > 5;
SELECT LOWER_BOUNT(AVG(delay)) FROM flights;
SELECT LOWER_BOUND(AVG(delay)), origin FROM flights;

-- Chosen by estimates: what HAVING compares and a LIMIT goes by has an interval too
SELECT origin, COUNT(*) FROM flights GROUP BY origin HAVING AVG(delay) > 5 OR NOT SUM(distance) <= SUM(delay) ORDER BY STDDEV(delay) LIMIT 3;
SELECT origin, COUNT(*) FROM flights GROUP BY origin ORDER BY STDDEV(delay);

-- Other shapes
WITH big AS (SELECT origin, COUNT(*) AS n FROM flights GROUP BY origin), top (o) AS (SELECT origin FROM big WHERE n > 100) SELECT COUNT(*) FROM top;
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT SUM(n) FROM r;
SELECT origin FROM flights UNION ALL SELECT code FROM airports ORDER BY 1;
SELECT origin FROM flights EXCEPT SELECT 5;
SELECT origin, delay FROM flights INTERSECT SELECT code FROM airports;
SELECT COUNT(*) FROM flights f WHERE EXISTS (SELECT 1 FROM airports a WHERE a.code = f.origin);
SELECT COUNT(*) FROM flights WHERE origin IN (SELECT code FROM airports) AND delay > (SELECT AVG(delay) FROM flights);
SELECT origin, ROW_NUMBER() OVER (PARTITION BY origin ORDER BY delay DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM flights QUALIFY ROW_NUMBER() OVER (ORDER BY delay) = 1;
SELECT rank() FROM flights;
SELECT AVG(delay) OVER () FROM flights WHERE AVG(delay) OVER () > 3;
SELECT DISTINCT origin FROM flights ORDER BY delay;
SELECT 1 + 1 AS two, -(-3), 'a' || 'b', NULL IS NULL;
SELECT delay FROM flights LIMIT delay;
