// The page at /docs does not load this file of Swagger UI: programs that are handed out go without it.
