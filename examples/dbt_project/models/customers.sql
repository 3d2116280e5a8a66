{{ config(materialized="incremental", unique_key="customer_id", incremental_strategy="merge") }}

select customer_id, email, city, visits, updated_at
from app.customers
{% if is_incremental() %}
where updated_at >= (select max(updated_at) - interval '{{ var("lookback") }}' from {{ this }})
{% endif %}
