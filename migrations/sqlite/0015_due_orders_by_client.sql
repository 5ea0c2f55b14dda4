-- Orders that are in turn between clients, without those that wait for a condition: a client may have very many of them.
create index orders_due_of_client on orders (client) where ended_at is null and waits = 0;
