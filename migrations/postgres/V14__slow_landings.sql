-- domain::landing::LandingReport as JSON: how a transaction that may still land fared at the last look that told.
alter table order_attempts add column if not exists landing text;
