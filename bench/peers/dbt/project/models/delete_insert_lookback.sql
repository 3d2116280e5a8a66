{{ config(incremental_strategy='delete+insert', unique_key=var('key')) }}

select * from {{ source('app', 'source') }}
{% if is_incremental() %}
where {{ var('cursor') }} >= (select max({{ var('cursor') }}) - interval 3 day from {{ this }})
   or {{ var('cursor') }} is null
{% endif %}
