-- What is counted is no longer every grant that recorded nothing, but the workers in a row that died with the
-- order in their hands since its last event. The old counts are of something else: they begin anew.
alter table orders rename column fruitless_grants to deaths;

update orders set deaths = 0 where begun = 1;
