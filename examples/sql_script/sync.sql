-- Merge what is at most 15 minutes older than the newest row of the copy. The source is attached as "source".
CREATE TABLE IF NOT EXISTS customers (
    customer_id INTEGER PRIMARY KEY, email TEXT, city TEXT, visits INTEGER, updated_at TEXT
);

INSERT INTO customers
SELECT customer_id, email, city, visits, updated_at
FROM source.customers
WHERE updated_at >= (SELECT coalesce(datetime(max(updated_at), '-15 minutes'), '') FROM main.customers)
ON CONFLICT (customer_id) DO UPDATE SET
    email = excluded.email, city = excluded.city, visits = excluded.visits, updated_at = excluded.updated_at;
