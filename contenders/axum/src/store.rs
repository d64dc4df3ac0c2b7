//! What a store of users must do, and the rows that go in and out.

use std::future::Future;

use serde::Serialize;

pub type Error = Box<dyn std::error::Error + Send + Sync>;

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    hashed_password TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL
) STRICT";

pub const BY_ID: &str = "SELECT id, email, is_active, created_at FROM users WHERE id = ?";

pub const BY_EMAIL_KEY: &str =
    "SELECT id, hashed_password, is_active FROM users WHERE email_key = ?";

pub const INSERT: &str = "INSERT INTO users (email, email_key, hashed_password, created_at)
    VALUES (?, ?, ?, ?) ON CONFLICT (email_key) DO NOTHING RETURNING id";

/// A user as the world may see one.
#[derive(Serialize)]
#[cfg_attr(feature = "own-libraries", derive(sqlx::FromRow))]
pub struct User {
    pub id: i64,
    pub email: String,
    pub is_active: bool,
    /// RFC 3339, UTC, six digits: kept as it is answered.
    pub created_at: String,
}

/// What a log-in is checked against.
#[cfg_attr(feature = "own-libraries", derive(sqlx::FromRow))]
pub struct Credentials {
    pub id: i64,
    pub hashed_password: String,
    pub is_active: bool,
}

pub struct NewUser {
    pub email: String,
    pub email_key: String,
    pub hashed_password: String,
    pub created_at: String,
}

pub trait Store: Send + Sync + 'static {
    fn by_id(&self, id: i64) -> impl Future<Output = Result<Option<User>, Error>> + Send;

    fn by_email_key(
        &self,
        key: String,
    ) -> impl Future<Output = Result<Option<Credentials>, Error>> + Send;

    /// `None` when the key is taken; else durable when it returns.
    fn insert(&self, new: NewUser) -> impl Future<Output = Result<Option<User>, Error>> + Send;
}

impl NewUser {
    pub fn with_id(self, id: i64) -> User {
        User {
            id,
            email: self.email,
            is_active: true,
            created_at: self.created_at,
        }
    }
}
