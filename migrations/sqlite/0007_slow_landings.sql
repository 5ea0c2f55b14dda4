-- JSON: how a transaction that may still land fared at the last look that told.
alter table order_attempts add column landing text;
