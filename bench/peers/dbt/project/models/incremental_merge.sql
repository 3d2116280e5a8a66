{{ config(incremental_strategy='merge', unique_key=var('key')) }}

select * from {{ source('app', 'source') }}
{% if is_incremental() %}
where {{ var('cursor') }} >= (select coalesce(max({{ var('cursor') }}), '1900-01-01') from {{ this }})
{% endif %}
