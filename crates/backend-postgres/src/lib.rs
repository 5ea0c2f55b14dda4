//! backend-postgres
