{{ config(
    incremental_strategy='microbatch',
    event_time=var('cursor'),
    batch_size='day',
    begin=var('begin'),
    lookback=3
) }}

select * from {{ source('app', 'source') }}
