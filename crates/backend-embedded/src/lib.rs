//! backend-embedded
