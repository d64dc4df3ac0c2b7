//! User accounts in Axum: register, log in, who am I.
//!
//! What both binaries share is here: the endpoints, their validation, tokens, the form of stored
//! hashes. What they do differently is behind [`store::Store`] and [`password::Derive`].

pub mod api;
pub mod body;
pub mod email;
pub mod form;
pub mod password;
pub mod problem;
pub mod settings;
pub mod store;
pub mod token;
